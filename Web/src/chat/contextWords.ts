import { pageWords } from "../i18n";

export const t = pageWords({
  en: {
    title: "Context window", lead: "What the next prompt holds, and what would have to go.", fill: "{used} of {limit} tokens", unlimited: "{used} tokens", estimated: "estimated", exact: "counted",
    system: "Instructions", kept: "Messages", shortened: "Shortened", summary: "Summary", free: "Free", answer: "Room for the answer", overhead: "Template",
    mode: "When it gets full", off: "Refuse", truncate: "Leave out the oldest", summarise: "Summarise the oldest", offHint: "Nothing is left out: a prompt that is too long is refused.", truncateHint: "The oldest unimportant messages are left out.", summariseHint: "The oldest messages become one summary.",
    budget: "Tokens of the prompt at most", answerTokens: "Room for the answer", systemTokens: "Instructions at most", cutTo: "Cut down to", none: "none", save: "Save for this conversation", reset: "As in my settings", saved: "Saved.",
    importance: "Importance of: {text}", low: "low", normal: "normal", high: "high", pinned: "pinned", keep: "kept", shorten: "shortened", summarised: "summarised", drop: "left out",
    cutNow: "The next turn makes a cut: {count} messages would leave the prompt.", "cutNow.one": "The next turn makes a cut: one message would leave the prompt.", cutLater: "A cut comes at {at} tokens and goes down to {to}.", tooLarge: "Even so it does not fit.", over: "The instructions are longer than their budget.",
    summaryTitle: "Summary of {count} messages", "summaryTitle.one": "Summary of one message", forget: "Forget summaries and cuts", forgotten: "The next turn plans anew.", cannot: "This server cuts nothing: what does not fit is refused. Tokens are estimated here.",
    messages: "Messages, the newest first", tokens: "{count} tokens", "tokens.one": "One token", more: "Only the newest are listed.", preview: "Preview: not saved yet", empty: "Nothing has been said yet.",
    "r.fits": "fits", "r.system": "instructions", "r.pinned": "pinned", "r.important": "important", "r.recent": "recent", "r.last_turn": "last turn", "r.old": "old", "r.unimportant": "unimportant", "r.too_large": "too large", "r.with_its_call": "belongs to a call",
  },
  de: {
    title: "Kontextfenster", lead: "Was der nächste Prompt enthält und was weichen müsste.", fill: "{used} von {limit} Token", unlimited: "{used} Token", estimated: "geschätzt", exact: "gezählt",
    system: "Anweisungen", kept: "Nachrichten", shortened: "Gekürzt", summary: "Zusammenfassung", free: "Frei", answer: "Platz für die Antwort", overhead: "Vorlage",
    mode: "Wenn es voll wird", off: "Ablehnen", truncate: "Älteste weglassen", summarise: "Älteste zusammenfassen", offHint: "Nichts wird weggelassen: Ein zu langer Prompt wird abgelehnt.", truncateHint: "Die ältesten unwichtigen Nachrichten werden weggelassen.", summariseHint: "Aus den ältesten Nachrichten wird eine Zusammenfassung.",
    budget: "Höchstens so viele Token im Prompt", answerTokens: "Platz für die Antwort", systemTokens: "Anweisungen höchstens", cutTo: "Kürzen auf", none: "keine", save: "Für diese Unterhaltung speichern", reset: "Wie in meinen Einstellungen", saved: "Gespeichert.",
    importance: "Wichtigkeit von: {text}", low: "gering", normal: "normal", high: "hoch", pinned: "angeheftet", keep: "bleibt", shorten: "gekürzt", summarised: "zusammengefasst", drop: "weggelassen",
    cutNow: "Der nächste Zug kürzt: {count} Nachrichten verließen den Prompt.", "cutNow.one": "Der nächste Zug kürzt: Eine Nachricht verließe den Prompt.", cutLater: "Bei {at} Token wird auf {to} gekürzt.", tooLarge: "Auch so passt es nicht.", over: "Die Anweisungen sind länger als ihr Budget.",
    summaryTitle: "Zusammenfassung von {count} Nachrichten", "summaryTitle.one": "Zusammenfassung einer Nachricht", forget: "Zusammenfassungen und Schnitte vergessen", forgotten: "Der nächste Zug plant neu.", cannot: "Dieser Server kürzt nichts: Was nicht passt, wird abgelehnt. Token sind hier geschätzt.",
    messages: "Nachrichten, die neuesten zuerst", tokens: "{count} Token", "tokens.one": "Ein Token", more: "Nur die neuesten sind aufgeführt.", preview: "Vorschau: noch nicht gespeichert", empty: "Noch wurde nichts gesagt.",
    "r.fits": "passt", "r.system": "Anweisungen", "r.pinned": "angeheftet", "r.important": "wichtig", "r.recent": "neu", "r.last_turn": "letzter Zug", "r.old": "alt", "r.unimportant": "unwichtig", "r.too_large": "zu groß", "r.with_its_call": "gehört zu einem Aufruf",
  },
  ar: {
    title: "نافذة السياق", lead: "ما يحتويه الطلب التالي، وما قد يُترك.", fill: "{used} من {limit} رمزًا", unlimited: "{used} رمزًا", estimated: "تقديرًا", exact: "بالعد",
    system: "التعليمات", kept: "الرسائل", shortened: "مختصرة", summary: "ملخص", free: "متاح", answer: "مساحة الإجابة", overhead: "القالب",
    mode: "عند الامتلاء", off: "رفض", truncate: "ترك الأقدم", summarise: "تلخيص الأقدم", offHint: "لا يُترك شيء: الطلب الطويل جدًا يُرفض.", truncateHint: "تُترك أقدم الرسائل غير المهمة.", summariseHint: "تصبح أقدم الرسائل ملخصًا واحدًا.",
    budget: "الحد الأعلى لرموز الطلب", answerTokens: "مساحة الإجابة", systemTokens: "الحد الأعلى للتعليمات", cutTo: "الاختصار إلى", none: "بلا", save: "حفظ لهذه المحادثة", reset: "كما في إعداداتي", saved: "حُفظ.",
    importance: "أهمية: {text}", low: "منخفضة", normal: "عادية", high: "عالية", pinned: "مثبتة", keep: "تبقى", shorten: "مختصرة", summarised: "ملخّصة", drop: "متروكة",
    cutNow: "الدور التالي يختصر: {count} رسالة ستغادر الطلب.", "cutNow.one": "الدور التالي يختصر: رسالة واحدة ستغادر الطلب.", cutLater: "يبدأ الاختصار عند {at} رمزًا إلى {to}.", tooLarge: "ومع ذلك لا يتسع.", over: "التعليمات أطول من ميزانيتها.",
    summaryTitle: "ملخص {count} رسالة", "summaryTitle.one": "ملخص رسالة واحدة", forget: "نسيان الملخصات والاختصارات", forgotten: "يُخطط الدور التالي من جديد.", cannot: "هذا الخادم لا يختصر: ما لا يتسع يُرفض. الرموز هنا تقديرية.",
    messages: "الرسائل، الأحدث أولًا", tokens: "{count} رمزًا", "tokens.one": "رمز واحد", more: "تُعرض الأحدث فقط.", preview: "معاينة: لم تُحفظ بعد", empty: "لم يُقل شيء بعد.",
    "r.fits": "يتسع", "r.system": "تعليمات", "r.pinned": "مثبتة", "r.important": "مهمة", "r.recent": "حديثة", "r.last_turn": "الدور الأخير", "r.old": "قديمة", "r.unimportant": "غير مهمة", "r.too_large": "كبيرة جدًا", "r.with_its_call": "تتبع استدعاءً",
  },
});
export type ContextWord = Parameters<typeof t>[0];
