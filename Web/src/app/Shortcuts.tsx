import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { places } from "./shortcutKeys";

export default function Shortcuts({ onClose }: { onClose(): void }): JSX.Element {
  const rows: [string, string][] = [
    ["Ctrl K", t("keys.palette")], ["Ctrl B", t("keys.fold")], ["Ctrl ⇧ O", t("chat.new")], ["/", t("keys.write")], ["Esc", t("chat.stop")],
    ...Object.entries(places).map(([key, page]): [string, string] => [`g ${key}`, t(`nav.${page as "chat"}`)]), ["?", t("keys.title")],
    ["Ctrl ⇧ F", t("library.search")], ["Alt ⇞ / ⇟", t("tabs.round")], ["Alt W", t("tabs.closeThis")], ["Alt Z", t("tabs.reopen")],
    ["Alt ⇧ S", t("tabs.split")], ["Ctrl ⇧ ← / →", t("tabs.moveKeys")],
  ];
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <dl className="keys">
        {rows.map(([key, text]) => <div key={key}><dt><kbd dir="ltr">{key}</kbd></dt><dd>{text}</dd></div>)}
      </dl>
    </Dialog>
  );
}
