import type { talksEnglish } from "./talks.en";

export const talksGerman: Record<keyof typeof talksEnglish, string> = {
  "export.title": "Exportieren…", "export.toHere": "Bis hier exportieren…", "give.use": "Als Kontext verwenden in…", "give.useMessage": "Nachricht als Kontext in…",
  "import.title": "Gespräche importieren", "library.search": "Gespräche durchsuchen", "nav.library": "Bibliothek", "share.title": "Teilen…", "share.toHere": "Bis hier teilen…",
  "tabs.after": "Weiter nach hinten", "tabs.all": "Alle Tabs", "tabs.atSide": "An der Seite", "tabs.before": "Weiter nach vorn", "tabs.beside": "An der Seite öffnen", "tabs.close": "{title} schließen",
  "tabs.closeGroup": "Alle der Gruppe schließen", "tabs.closeOthers": "Die anderen schließen", "tabs.closeSide": "Die Seite schließen", "tabs.closeThis": "Diesen Tab schließen",
  "tabs.dissolve": "Gruppe auflösen", "tabs.editGroup": "Name und Farbe", "tabs.editGroupNamed": "Gruppe „{name}“", "tabs.fold": "Einklappen", "tabs.group": "Gruppe",
  "tabs.groupOf": "{name}, {count} Tabs", "tabs.groupOf.one": "{name}, ein Tab", "tabs.moveKeys": "Einen Tab in der Reihe verschieben", "tabs.new": "Neuer Tab", "tabs.newGroup": "Neue Gruppe damit",
  "tabs.openNew": "In einem Tab öffnen", "tabs.outOfGroup": "Aus der Gruppe heraus", "tabs.pin": "Tab anheften", "tabs.reopen": "Geschlossenen Tab wieder öffnen",
  "tabs.round": "Nächster oder voriger Tab", "tabs.split": "Zwei nebeneinander", "tabs.swap": "Plätze tauschen", "tabs.title": "Offene Gespräche", "tabs.toGroup": "In Gruppe „{name}“",
  "tabs.unfold": "Ausklappen", "tabs.unpin": "Tab lösen", "talk.archive": "Archivieren", "talk.archived": "{what} archiviert.", "talk.branchRemoved": "{count} Nachrichten wurden entfernt.",
  "talk.branchRemoved.one": "Eine Nachricht wurde entfernt.", "talk.conversationMenu": "Mehr zu diesem Gespräch", "talk.folderAll": "Mit {count} Gesprächen entfernen",
  "talk.folderAll.one": "Mit seinem Gespräch entfernen", "talk.folderGone": "Ordner „{name}“ wurde entfernt; was darin war, bleibt.", "talk.folderMenu": "Mehr zu Ordner {name}",
  "talk.folderMoved": "Ordner „{name}“ ist jetzt {folder}.", "talk.folderOnly": "Nur den Ordner entfernen", "talk.folderRemoved": "Ordner „{name}“ mit {count} Gesprächen wurde entfernt.",
  "talk.folderRemoved.one": "Ordner „{name}“ mit einem Gespräch wurde entfernt.", "talk.folderUp": "Eine Ebene höher", "talk.folders": "Ordner", "talk.keepForGood": "Behalten",
  "talk.keptForGood": "Das Gespräch wird von nun an behalten.", "talk.menuOf": "Mehr zu {title}", "talk.more": "Mehr", "talk.move": "In einen Ordner…", "talk.moveOut": "Aus dem Ordner heraus",
  "talk.movedOut": "{what} aus dem Ordner genommen.", "talk.movedTo": "{what} nach {folder} verschoben.", "talk.newFolder": "Neuer Ordner", "talk.newFolderHere": "Neuer Ordner darin",
  "talk.newHere": "Neues Gespräch darin", "talk.removeFromHere": "Ab hier entfernen", "talk.some": "{count} Gespräche", "talk.some.one": "Ein Gespräch", "talk.tags": "Schlagwörter…",
  "talk.temporary": "Flüchtiges Gespräch", "talk.temporaryHint": "Ein flüchtiges Gespräch steht in keiner Liste und ist einen Tag nach seinem letzten Gebrauch fort",
  "talk.unarchive": "Aus dem Archiv holen", "talk.unarchived": "{what} ist wieder in der Liste.",
  "space.choose": "Kontext…",
};
