// English words about conversations that the first page may need: tabs, folders, menus.

export const talksEnglish = {
  "export.title": "Export…", "export.toHere": "Export up to here…", "give.use": "Use as context in…", "give.useMessage": "Use message as context in…", "import.title": "Import conversations",
  "library.search": "Search conversations", "nav.library": "Library", "share.title": "Share…", "share.toHere": "Share up to here…", "tabs.after": "Move towards the end", "tabs.all": "All tabs",
  "tabs.atSide": "At the side", "tabs.before": "Move towards the start", "tabs.beside": "Open at the side", "tabs.close": "Close {title}", "tabs.closeGroup": "Close all of the group",
  "tabs.closeOthers": "Close the others", "tabs.closeSide": "Close the side", "tabs.closeThis": "Close this tab", "tabs.dissolve": "Dissolve the group", "tabs.editGroup": "Name and colour",
  "tabs.editGroupNamed": "Group “{name}”", "tabs.fold": "Fold", "tabs.group": "Group", "tabs.groupOf": "{name}, {count} tabs", "tabs.groupOf.one": "{name}, one tab",
  "tabs.moveKeys": "Move a tab in the row", "tabs.new": "New tab", "tabs.newGroup": "New group with it", "tabs.openNew": "Open in a tab", "tabs.outOfGroup": "Out of the group",
  "tabs.pin": "Pin the tab", "tabs.reopen": "Open the closed tab again", "tabs.round": "Next or previous tab", "tabs.split": "Two side by side", "tabs.swap": "Change places",
  "tabs.title": "Open conversations", "tabs.toGroup": "Into group “{name}”", "tabs.unfold": "Unfold", "tabs.unpin": "Unpin the tab", "talk.archive": "Archive", "talk.archived": "{what} archived.",
  "talk.branchRemoved": "{count} messages were removed.", "talk.branchRemoved.one": "One message was removed.", "talk.conversationMenu": "More about this conversation",
  "talk.folderAll": "Remove with its {count} conversations", "talk.folderAll.one": "Remove with its conversation", "talk.folderGone": "Folder “{name}” was removed; what was in it stays.",
  "talk.folderMenu": "More about folder {name}", "talk.folderMoved": "Folder “{name}” is now {folder}.", "talk.folderOnly": "Remove the folder only",
  "talk.folderRemoved": "Folder “{name}” with {count} conversations was removed.", "talk.folderRemoved.one": "Folder “{name}” with one conversation was removed.", "talk.folderUp": "Move one level up",
  "talk.folders": "Folders", "talk.keepForGood": "Keep it", "talk.keptForGood": "The conversation is kept from now on.", "talk.menuOf": "More about {title}", "talk.more": "More",
  "talk.move": "Move to a folder…", "talk.moveOut": "Out of its folder", "talk.movedOut": "{what} moved out of the folder.", "talk.movedTo": "{what} moved to {folder}.", "talk.newFolder": "New folder",
  "talk.newFolderHere": "New folder in it", "talk.newHere": "New chat in it", "talk.removeFromHere": "Remove from here on", "talk.some": "{count} conversations", "talk.some.one": "One conversation",
  "talk.tags": "Tags…", "talk.temporary": "Temporary chat", "talk.temporaryHint": "A temporary chat is in no list and is gone a day after its last use", "talk.unarchive": "Out of the archive",
  "talk.unarchived": "{what} is back in the list.",
  "space.choose": "Context…",
} as const;
