import type { talksEnglish } from "./talks.en";

export const talksArabic: Record<keyof typeof talksEnglish, string> = {
  "export.title": "تصدير…", "export.toHere": "تصدير حتى هنا…", "give.use": "استخدامها سياقًا في…", "give.useMessage": "استخدام الرسالة سياقًا في…", "import.title": "استيراد محادثات",
  "library.search": "البحث في المحادثات", "nav.library": "المكتبة", "share.title": "مشاركة…", "share.toHere": "مشاركة حتى هنا…", "tabs.after": "نقل نحو النهاية", "tabs.all": "كل الألسنة",
  "tabs.atSide": "في الجانب", "tabs.before": "نقل نحو البداية", "tabs.beside": "فتح في الجانب", "tabs.close": "إغلاق {title}", "tabs.closeGroup": "إغلاق كل المجموعة", "tabs.closeOthers": "إغلاق غيره",
  "tabs.closeSide": "إغلاق الجانب", "tabs.closeThis": "إغلاق هذا اللسان", "tabs.dissolve": "حل المجموعة", "tabs.editGroup": "الاسم واللون", "tabs.editGroupNamed": "المجموعة «{name}»", "tabs.fold": "طي",
  "tabs.group": "مجموعة", "tabs.groupOf": "{name}، {count} ألسنة", "tabs.groupOf.one": "{name}، لسان واحد", "tabs.moveKeys": "نقل لسان في الصف", "tabs.new": "لسان جديد",
  "tabs.newGroup": "مجموعة جديدة معه", "tabs.openNew": "فتح في لسان", "tabs.outOfGroup": "إخراج من المجموعة", "tabs.pin": "تثبيت اللسان", "tabs.reopen": "فتح اللسان المغلق من جديد",
  "tabs.round": "اللسان التالي أو السابق", "tabs.split": "اثنتان جنبًا إلى جنب", "tabs.swap": "تبديل المكان", "tabs.title": "المحادثات المفتوحة", "tabs.toGroup": "إلى المجموعة «{name}»",
  "tabs.unfold": "بسط", "tabs.unpin": "فك تثبيت اللسان", "talk.archive": "أرشفة", "talk.archived": "أُرشفت {what}.", "talk.branchRemoved": "حُذفت {count} رسائل.",
  "talk.branchRemoved.one": "حُذفت رسالة واحدة.", "talk.conversationMenu": "المزيد عن هذه المحادثة", "talk.folderAll": "حذفه مع {count} محادثات", "talk.folderAll.one": "حذفه مع محادثته",
  "talk.folderGone": "حُذف المجلد «{name}»؛ وبقي ما فيه.", "talk.folderMenu": "المزيد عن المجلد {name}", "talk.folderMoved": "المجلد «{name}» أصبح {folder}.", "talk.folderOnly": "حذف المجلد وحده",
  "talk.folderRemoved": "حُذف المجلد «{name}» مع {count} محادثات.", "talk.folderRemoved.one": "حُذف المجلد «{name}» مع محادثة واحدة.", "talk.folderUp": "نقل إلى المستوى الأعلى",
  "talk.folders": "المجلدات", "talk.keepForGood": "إبقاؤها", "talk.keptForGood": "تُحفظ المحادثة من الآن.", "talk.menuOf": "المزيد عن {title}", "talk.more": "المزيد", "talk.move": "نقل إلى مجلد…",
  "talk.moveOut": "إخراج من المجلد", "talk.movedOut": "أُخرجت {what} من المجلد.", "talk.movedTo": "نُقلت {what} إلى {folder}.", "talk.newFolder": "مجلد جديد", "talk.newFolderHere": "مجلد جديد فيه",
  "talk.newHere": "محادثة جديدة فيه", "talk.removeFromHere": "حذف من هنا فصاعدًا", "talk.some": "{count} محادثات", "talk.some.one": "محادثة واحدة", "talk.tags": "الوسوم…",
  "talk.temporary": "محادثة مؤقتة", "talk.temporaryHint": "المحادثة المؤقتة ليست في أي قائمة، وتزول بعد يوم من آخر استخدام", "talk.unarchive": "إخراج من الأرشيف",
  "talk.unarchived": "عادت {what} إلى القائمة.",
  "space.choose": "السياق…",
};
