import { useState } from "react";
import { part, send } from "../../api/http";
import { useGet } from "../../api/use";
import { sharedAddress } from "../../app/SharedPage";
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
}

const day = 86_400;
const lives = [["hour", 3_600], ["day", day], ["week", 7 * day], ["month", 30 * day], ["never", 0]] as const;

/** Links by which others may read a branch: made, listed, revoked. The secret of a link is shown once. */
export function ShareDialog({ conversation, leaf, onClose }: { conversation: string; leaf: string | undefined; onClose(): void }): JSX.Element {
  const path = `/api/v1/conversations/${part(conversation)}/shares`;
  const links = useGet<{ shares: Link[] }>(path);
  const [life, setLife] = useState<(typeof lives)[number][0]>("week");
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
    const seconds = lives.find(([name]) => name === life)?.[1] ?? 0;
    const made = await send<{ id: string; secret: string }>("POST", path, { ...(leaf ? { leaf } : {}), ...(seconds ? { expires_in_seconds: seconds } : {}) });
    setFresh({ id: made.id, address: sharedAddress(made.secret) });
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
      <div className="field">
        <span id="share-life">{t("share.life")}</span>
        <div className="segments wrap" role="group" aria-labelledby="share-life">
          {lives.map(([name]) => <button key={name} type="button" aria-pressed={life === name} onClick={() => setLife(name)}>{t(`share.${name}`)}</button>)}
        </div>
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
                  {t("share.made", { when: moment(Date.parse(link.created_at)) })}
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
