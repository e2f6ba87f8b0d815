import { useRef, useState } from "react";
import { ApiError, part, refusal, send } from "../../api/http";
import { useGet } from "../../api/use";
import { tell, tellProblem } from "../../app/toasts";
import { canChat, useModels } from "../../chat/models";
import { startWith } from "../../chat/talk/saying";
import { t as common } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { bytes } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Badge, Empty, Problem, Skeleton } from "../../ui/parts";
import { day } from "./moments";
import type { Space, SpaceDocument } from "./types";
import { t } from "./words";

const path = "/api/v1/contexts";

/** Spaces of their own: made, renamed, filled with documents, deleted. */
export function SpacesSection(): JSX.Element {
  const list = useGet<{ contexts: Space[] }>(path);
  const [edited, setEdited] = useState<Space | "new" | null>(null);
  const [removed, setRemoved] = useState<Space | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const all = list.value?.contexts ?? [];
  return (
    <>
      <div className="filter-row">
        <p className="muted">{t("spacesLead")}</p>
        <span className="spread" />
        <button type="button" className="primary" onClick={() => setEdited("new")}><Icon name="plus" /> {t("newSpace")}</button>
      </div>
      {list.error && <Problem error={list.error} again={list.reload} />}
      {!list.value && list.isLoading && <Skeleton lines={3} />}
      {list.value && all.length === 0 && <Empty icon="folder-input" title={t("noSpaces")} />}
      <ul className="spaces">
        {all.map((space) => (
          <li key={space.id} className="card">
            <header className="card-head">
              <h2 dir="auto">{space.name}</h2>
              <div className="memory-actions">
                <button type="button" className="quiet small icon-only" aria-label={`${t("edit")}: ${space.name}`} title={t("edit")} onClick={() => setEdited(space)}><Icon name="pencil" /></button>
                <button type="button" className="quiet small icon-only" aria-label={`${t("removeSpace")}: ${space.name}`} title={t("removeSpace")} onClick={() => setRemoved(space)}><Icon name="trash-2" /></button>
              </div>
            </header>
            {space.instructions && <p className="small muted clip-lines" dir="auto">{space.instructions}</p>}
            <p className="memory-facts small muted">
              <span>{t("conversations", { count: space.conversations })}</span>
              {space.model && <span dir="auto">{space.model}</span>}
              {space.memory && <span>{t("memoryIn")}: {t(space.memory)}</span>}
              {space.tags.map((tag) => <Badge key={tag} tone="calm">{tag}</Badge>)}
            </p>
            <div className="space-actions">
              <button type="button" className="small" onClick={() => startWith({ context: space.id })}><Icon name="square-pen" /> {t("start")}</button>
              <button type="button" className="small" aria-expanded={chosen === space.id} onClick={() => setChosen(chosen === space.id ? null : space.id)}>
                <Icon name="file-text" /> {t("documents", { count: space.documents })}
              </button>
            </div>
            {chosen === space.id && <Documents space={space} onChange={list.reload} />}
          </li>
        ))}
      </ul>
      {edited && (
        <Dialog title={edited === "new" ? t("newSpace") : edited.name} onClose={() => setEdited(null)}>
          <SpaceForm {...(edited === "new" ? {} : { space: edited })} onDone={() => { setEdited(null); list.reload(); }} />
        </Dialog>
      )}
      {removed && (
        <Dialog title={`${t("removeSpace")}: ${removed.name}`} onClose={() => setRemoved(null)}>
          <p>{t("removeSpaceHint")}</p>
          <div className="actions">
            {(["keep", "remove"] as const).map((what) => (
              <button key={what} type="button" className={what === "remove" ? "danger" : ""}
                onClick={() => {
                  send("DELETE", `${path}/${part(removed.id)}?conversations=${what}`).then(() => tell(t("removed", { name: removed.name })), tellProblem).finally(list.reload);
                  setRemoved(null);
                }}>
                {t(what === "keep" ? "keepConversations" : "removeConversations")}
              </button>
            ))}
          </div>
        </Dialog>
      )}
    </>
  );
}

function SpaceForm({ space, onDone }: { space?: Space; onDone(): void }): JSX.Element {
  const [name, setName] = useState(space?.name ?? "");
  const [instructions, setInstructions] = useState(space?.instructions ?? "");
  const [tags, setTags] = useState((space?.tags ?? []).join(", "));
  const [model, setModel] = useState(space?.model ?? "");
  const [memory, setMemory] = useState(space?.memory ?? "");
  const [error, setError] = useState<Error | null>(null);
  const { models } = useModels();
  const save = async () => {
    const body = {
      name: name.trim(), instructions, tags: tags.split(",").map((tag) => tag.trim()).filter(Boolean), model: model || null, memory: memory || null,
    };
    try {
      if (space) await send("PATCH", `${path}/${part(space.id)}`, { ...body, revision: space.revision });
      else await send("POST", path, Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)));
      tell(t("saved", { name: body.name }));
      onDone();
    } catch (problem) {
      setError(problem instanceof ApiError && problem.status === 409 ? new Error(t("conflict")) : problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <label className="field"><span>{t("name")}</span><input value={name} required maxLength={120} dir="auto" onChange={(event) => setName(event.target.value)} /></label>
      <label className="field"><span>{t("instructions")}</span><textarea rows={4} value={instructions} maxLength={8_000} dir="auto" onChange={(event) => setInstructions(event.target.value)} /></label>
      <div className="field-pair">
        <label className="field"><span>{t("model")}</span>
          <select value={model} onChange={(event) => setModel(event.target.value)}><option value="">{t("asAlways")}</option>{models.filter(canChat).map(({ id }) => <option key={id}>{id}</option>)}</select>
        </label>
        <label className="field"><span>{t("memoryIn")}</span>
          <select value={memory} onChange={(event) => setMemory(event.target.value as "on" | "off" | "")}><option value="">{t("inherit")}</option><option value="on">{t("on")}</option><option value="off">{t("off")}</option></select>
        </label>
      </div>
      <label className="field"><span>{t("tags")}</span><input value={tags} maxLength={500} dir="auto" onChange={(event) => setTags(event.target.value)} /></label>
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!name.trim()}>{common("action.save")}</button></div>
    </form>
  );
}

const documentBytesMax = 16 << 20;

function Documents({ space, onChange }: { space: Space; onChange(): void }): JSX.Element {
  const base = `${path}/${part(space.id)}/documents`;
  const list = useGet<{ documents: SpaceDocument[] }>(base);
  const chooser = useRef<HTMLInputElement>(null);
  const again = () => { list.reload(); onChange(); };
  const add = async (files: Iterable<File>) => {
    for (const file of Array.from(files)) {
      try {
        if (file.size > documentBytesMax) throw new Error(common("error.large", { name: file.name, max: bytes(documentBytesMax) }));
        const response = await fetch(`${base}?name=${part(file.name)}`, { method: "POST", headers: { "Content-Type": file.type || "application/octet-stream" }, body: file });
        if (!response.ok) throw await refusal(response);
      } catch (error) {
        tellProblem(error);
      }
    }
    again();
  };
  return (
    <div className="documents">
      {list.error && <Problem error={list.error} />}
      {list.value?.documents.length === 0 && <p className="small muted">{t("noDocuments")}</p>}
      <ul className="plain-list">
        {(list.value?.documents ?? []).map((document) => (
          <li key={document.id} className="setting">
            <span><a href={`${base}/${part(document.id)}`} download={document.name} dir="auto">{document.name}</a> <span className="small muted">{bytes(document.bytes)} · {day(document.created_at)}{document.note && ` · ${document.note}`}</span></span>
            <button type="button" className="quiet small icon-only" aria-label={`${common("action.remove")}: ${document.name}`} onClick={() => { send("DELETE", `${base}/${part(document.id)}`).then(again, tellProblem); }}><Icon name="trash-2" /></button>
          </li>
        ))}
      </ul>
      <input ref={chooser} type="file" multiple hidden aria-label={t("addDocument")} onChange={(event) => { void add(event.target.files ?? []); event.target.value = ""; }} />
      <button type="button" className="small" onClick={() => chooser.current?.click()}><Icon name="plus" /> {t("addDocument")}</button>
    </div>
  );
}
