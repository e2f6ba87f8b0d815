import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { SharedPage } from "./app/SharedPage";
import { chooseLanguage, preferredLanguage } from "./i18n";

const place = document.getElementById("root");
if (place) {
  const root = createRoot(place);
  const show = () => root.render(<StrictMode>{SharedPage.isHere() ? <SharedPage /> : <App />}</StrictMode>);
  chooseLanguage(preferredLanguage()).then(show, show);
}

if ("serviceWorker" in navigator && window.isSecureContext) {
  window.addEventListener("load", () => {
    // Without it the application works, but only with a network.
    navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  });
}
