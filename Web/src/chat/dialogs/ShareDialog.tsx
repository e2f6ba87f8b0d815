import { useState } from "react";
import { part, send } from "../../api/http";
import { useGet } from "../../api/use";
import { t } from "../../i18n/late";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog } from "../../ui/Dialog";
import { moment } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Problem, Skeleton } from "../../ui/parts";
import { openNow, summariesNow } from "../talk/state";

interface Link {
  id: string;
  created_at: string;
  expires_at: string | null;
  /** What readers see above it, where it is not the conversation's own title. */
  title?: string | null;
}

const day = 86_400;
const lives = [["hour", 3_600], ["day", day], ["week", 7 * day], ["month", 30 * day], ["never", 0], ["date", 0]] as const;
const secondsMin = 60;
const secondsMax = 315_360_000;
const titleMax = 120;

/** A moment as fields for dates want it: in the time of where the reader is. */
function fieldOf(time: number): string {
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Links by which others may read a branch: made, listed, revoked. The secret of a link is shown once. */
export function ShareDialog({ conversation, leaf, onClose }: { conversation: string; leaf: string | undefined; onClose(): void }): JSX.Element {
  const path = `/api/v1/conversations/${part(conversation)}/shares`;
  const links = useGet<{ shares: Link[] }>(path);
  const [life, setLife] = useState<(typeof lives)[number][0]>("week");
  const [date, setDate] = useState(() => fieldOf(Date.now() + 14 * day * 1_000));
  const [name, setName] = useState("");
  const [fresh, setFresh] = useState<{ id: string; address: string } | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [doomed, setDoomed] = useState<string | null>(null);
  const work = async (action: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(error instanceof Error ? error : new Error(String(error)));
    }
    setBusy(false);
    links.reload();
  };
  const make = () => work(async () => {
    const seconds = life === "date" ? Math.round((Date.parse(date) - Date.now()) / 1_000) : lives.find(([known]) => known === life)?.[1] ?? 0;
    if (life === "date" && !(seconds >= secondsMin && seconds <= secondsMax)) throw new Error(t("share.dateWrong"));
    const shown = name.trim();
    const made = await send<{ id: string; path: string }>("POST", path, {
      ...(leaf ? { leaf } : {}), ...(seconds ? { expires_in_seconds: seconds } : {}), ...(shown ? { title: shown } : {}),
    });
    setFresh({ id: made.id, address: location.origin + made.path });
    setName("");
  });
  const revoke = (id: string) => work(async () => {
    await send("DELETE", `${path}/${part(id)}`);
    setDoomed(null);
    setFresh((before) => (before?.id === id ? null : before));
  });
  const title = (openNow(conversation) ?? summariesNow().find((one) => one.id === conversation))?.title;
  return (
    <Dialog title={t("share.title")} onClose={onClose}>
      <p className="muted" dir="auto">{t(leaf ? "share.leadHere" : "share.lead", { title: title || t("chat.untitled") })}</p>
      <label className="field"><span>{t("share.name")}</span>
        <input value={name} maxLength={titleMax} dir="auto" placeholder={title || t("chat.untitled")} onChange={(event) => setName(event.target.value)} />
        <small className="muted">{t("share.nameHint")}</small>
      </label>
      <div className="field">
        <span id="share-life">{t("share.life")}</span>
        <div className="segments wrap" role="group" aria-labelledby="share-life">
          {lives.map(([known]) => <button key={known} type="button" aria-pressed={life === known} onClick={() => setLife(known)}>{t(`share.${known}`)}</button>)}
        </div>
        {life === "date" && <input type="datetime-local" aria-label={t("share.date")} value={date} min={fieldOf(Date.now() + secondsMin * 1_000)} onChange={(event) => setDate(event.target.value)} />}
      </div>
      {fresh && (
        <div className="share-fresh" role="status">
          <label htmlFor="share-address">{t("share.once")}</label>
          <div className="with-button">
            <input id="share-address" readOnly dir="ltr" value={fresh.address} onFocus={(event) => event.target.select()} />
            <CopyButton text={fresh.address} label={t("share.copy")} />
          </div>
        </div>
      )}
      {problem && <Problem error={problem} />}
      <div className="actions"><button type="button" className="primary" disabled={isBusy} onClick={() => void make()}><Icon name="link" /> {t("share.make")}</button></div>
      <section className="stack" aria-label={t("share.list")}>
        <h3>{t("share.list")}</h3>
        {links.error && <Problem error={links.error} again={links.reload} />}
        {links.isLoading && !links.value && <Skeleton lines={2} />}
        {links.value?.shares.length === 0 && <p className="muted small">{t("share.none")}</p>}
        <ul className="link-rows">
          {(links.value?.shares ?? []).map((link) => {
            const isOver = link.expires_at !== null && Date.parse(link.expires_at) < Date.now();
            return (
              <li key={link.id} className={link.id === fresh?.id ? "fresh" : ""}>
                <Icon name={isOver ? "unlink" : "link"} />
                <span>
                  {link.title ? <b dir="auto">{link.title}</b> : t("share.made", { when: moment(Date.parse(link.created_at)) })}
                  {link.title && <small className="muted">{t("share.made", { when: moment(Date.parse(link.created_at)) })}</small>}
                  <small className="muted">{link.expires_at === null ? t("share.forEver") : t(isOver ? "share.over" : "share.until", { when: new Date(link.expires_at).toLocaleString() })}</small>
                </span>
                {doomed === link.id
                  ? (
                    <>
                      <button type="button" className="small" onClick={() => setDoomed(null)}>{t("action.cancel")}</button>
                      <button type="button" className="small danger" disabled={isBusy} onClick={() => void revoke(link.id)}>{t("share.revokeNow")}</button>
                    </>
                  )
                  : <button type="button" className="small" onClick={() => setDoomed(link.id)}>{t("share.revoke")}</button>}
              </li>
            );
          })}
        </ul>
      </section>
    </Dialog>
  );
}
