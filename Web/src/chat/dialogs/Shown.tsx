import type { Overlay } from "../../app/overlays";
import { CompareDialog } from "./CompareDialog";
import { ContextDialog } from "./ContextDialog";
import { ExportAllDialog, ExportDialog } from "./ExportDialog";
import { FolderDialog } from "./FolderDialog";
import { GroupDialog } from "./GroupDialog";
import { ImportDialog } from "./ImportDialog";
import { MoveDialog } from "./MoveDialog";
import { ShareDialog } from "./ShareDialog";
import { SpaceDialog } from "./SpaceDialog";
import { TagsDialog } from "./TagsDialog";

/** The dialogs about conversations; loaded together when the first one opens. */
export default function Shown({ overlay, onClose }: { overlay: Overlay; onClose(): void }): JSX.Element {
  switch (overlay.kind) {
    case "share": return <ShareDialog conversation={overlay.conversation} leaf={overlay.leaf} onClose={onClose} />;
    case "export": return <ExportDialog conversation={overlay.conversation} leaf={overlay.leaf} onClose={onClose} />;
    case "exportAll": return <ExportAllDialog onClose={onClose} />;
    case "import": return <ImportDialog file={overlay.file} onClose={onClose} />;
    case "move": return <MoveDialog ids={overlay.conversations} onClose={onClose} />;
    case "tags": return <TagsDialog id={overlay.conversation} onClose={onClose} />;
    case "folder": return <FolderDialog path={overlay.path} under={overlay.under ?? ""} andMove={overlay.andMove} onClose={onClose} />;
    case "group": return <GroupDialog id={overlay.group} onClose={onClose} />;
    case "space": return <SpaceDialog id={overlay.conversation} onClose={onClose} />;
    case "context": return <ContextDialog from={overlay.conversation} message={overlay.message} onClose={onClose} />;
    case "compare": return <CompareDialog id={overlay.conversation} left={overlay.left} right={overlay.right} onClose={onClose} />;
  }
}
