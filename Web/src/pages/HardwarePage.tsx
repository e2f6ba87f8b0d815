import { useState } from "react";
import { part, send } from "../api/http";
import type { Advice, Machine } from "../api/types";
import { useGet } from "../api/use";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { bytes, number } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Card, Empty, Figure, Page, Problem, Skeleton } from "../ui/parts";

const uses = ["chat", "coding", "reasoning", "translation", "summarization", "vision"];

/** This machine, and which models would run on it. */
export default function HardwarePage(): JSX.Element {
  const machine = useGet<Machine>("/api/v1/hardware", 10_000);
  return (
    <Page title={t("nav.hardware")} lead={t("hardware.lead")}>
      {machine.error && <Problem error={machine.error} again={machine.reload} />}
      {!machine.value && machine.isLoading && <Skeleton lines={4} />}
      {machine.value && <MachineView machine={machine.value} />}
      <Recommendations />
    </Page>
  );
}

function MachineView({ machine }: { machine: Machine }): JSX.Element {
  const { processor, memory, model_folder: folder } = machine;
  return (
    <>
      <dl className="figures">
        <Figure label={t("hardware.processor")} value={t("hardware.cores", { count: machine.usable.cores })} detail={processor.model} />
        <Figure label={t("hardware.memory")} value={bytes(memory.total_bytes)} detail={t("hardware.available", { size: bytes(memory.available_bytes) })} />
        <Figure label={t("hardware.disk")} value={bytes(folder?.free_bytes)} detail={folder && t("hardware.freeOf", { size: bytes(folder.total_bytes) })} />
        <Figure label={t("hardware.accelerators")} value={machine.accelerators.length === 0 ? t("hardware.noAccelerator") : machine.accelerators.map((device) => device.name ?? device.vendor).join(", ")}
          detail={machine.accelerators[0] && bytes(machine.accelerators[0].total_bytes)} />
      </dl>
      <Card title={t("hardware.details")}>
        <dl className="facts-grid">
          <div><dt>{t("hardware.system")}</dt><dd dir="ltr">{machine.system}</dd></div>
          <div><dt>{t("hardware.features")}</dt><dd dir="ltr" className="small">{processor.features.join(" ")}</dd></div>
          {machine.surroundings.map((one) => <div key={one.kind}><dt>{one.kind.replace(/_/g, " ")}</dt><dd dir="ltr" className="small">{one.evidence}</dd></div>)}
        </dl>
        {machine.notes.map((note) => <p key={note.message} className="small muted" dir="auto"><Icon name="info" /> {note.message} {note.hint}</p>)}
      </Card>
    </>
  );
}

function Recommendations(): JSX.Element {
  const [text, setText] = useState("chat");
  const [asked, setAsked] = useState("chat");
  const advice = useGet<Advice>(`/api/v1/models/recommend?use=${part(asked)}&limit=12`);
  const start = async (model: string) => {
    try {
      await send("POST", "/api/v1/models/downloads", { model });
      tell(t("models.started", { name: model }));
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Card title={t("advice.title")}>
      <form className="filter-row" onSubmit={(event) => { event.preventDefault(); setAsked(text.trim() || "chat"); }}>
        <input value={text} aria-label={t("advice.use")} placeholder={t("advice.hint")} maxLength={2_000} dir="auto" onChange={(event) => setText(event.target.value)} />
        <button type="submit" className="primary">{t("advice.ask")}</button>
      </form>
      <div className="segments wrap">
        {uses.map((use) => <button key={use} type="button" aria-pressed={asked === use} onClick={() => { setText(use); setAsked(use); }}>{use}</button>)}
      </div>
      {advice.error && <Problem error={advice.error} />}
      {!advice.value && advice.isLoading && <Skeleton lines={4} />}
      {advice.value && advice.value.recommendations.length === 0 && <Empty icon="search-x" title={t("advice.none")} />}
      <ul className="advice">
        {(advice.value?.recommendations ?? []).map((one) => (
          <li key={`${one.name} ${one.quantization}`}>
            <div className="advice-head">
              <b dir="auto">{one.name}</b>
              {one.quantization && <Badge tone="calm">{one.quantization}</Badge>}
              {!one.fits && <Badge tone="bad">{t("advice.tooLarge")}</Badge>}
              <span className="spread" />
              <span className="small">{bytes(one.need_bytes)}</span>
              {one.generation && <span className="small">≈ {number(one.generation.tokens_per_second)} {t("engine.perSecond")}</span>}
              {one.download && one.source === "hub" && <button type="button" className="small" onClick={() => void start(one.download ?? "")}><Icon name="download" /> {t("models.download")}</button>}
            </div>
            <ul className="small muted">{one.reasons.slice(0, 4).map((reason) => <li key={reason.text} dir="auto">{reason.text}</li>)}</ul>
          </li>
        ))}
      </ul>
    </Card>
  );
}
