import { Component, type ReactNode } from "react";
import { t } from "../i18n";
import { Problem } from "../ui/parts";

interface Properties {
  children: ReactNode;
  /** Shown in its place, such as a message's plain text. */
  otherwise?: ReactNode;
  /** Another value tries again. */
  about?: unknown;
}

/** One part that cannot be shown does not take the page with it. */
export class ErrorBoundary extends Component<Properties, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override componentDidUpdate(before: Properties): void {
    if (this.state.error && before.about !== this.props.about) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <>
        <Problem error={new Error(`${t("error.part")} ${error.message}`)} again={() => this.setState({ error: null })} />
        {this.props.otherwise}
      </>
    );
  }
}
