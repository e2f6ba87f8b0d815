import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { safeAddress } from "./inline";

/**
 * An image that a text names. Those that are in the text itself are shown; loading one from elsewhere would tell its server
 * that this text was read, so that it is a link.
 */
export function RemoteImage({ address, title }: { address: string; title: string }): JSX.Element {
  if (/^data:image\/(png|jpeg|gif|webp|avif);base64,[a-z0-9+/=]+$/i.test(address)) {
    return <img className="inline-image" src={address} alt={title} loading="lazy" />;
  }
  const safe = safeAddress(address);
  const label = title || t("md.image");
  if (!safe) return <span className="remote-image"><Icon name="image-off" /> {label}</span>;
  return (
    <a className="remote-image" href={safe} target="_blank" rel="noopener noreferrer nofollow" title={safe}>
      <Icon name="image" /> {label} <span className="host">{hostOf(safe)}</span>
    </a>
  );
}

function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return "";
  }
}
