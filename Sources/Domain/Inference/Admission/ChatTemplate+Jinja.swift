public import Templates
import Vocabulary

extension ChatTemplate {
    /// A template that a model file carries.
    ///
    /// - Parameters:
    ///   - template: the compiled source.
    ///   - now: the time that `strftime_now` tells.
    public init(_ template: Template, now: @escaping @Sendable () -> LocalTime) {
        self.init { context throws(ServiceError) in
            do throws(TemplateError) {
                return try template.render(context, now: now())
            } catch {
                throw ServiceError(
                    .invalidValue, "The model's chat template refuses these messages: \(error.message).",
                    hint: "Check the order of roles; some models accept no system message or want turns to alternate.",
                    parameter: "messages", detail: String(describing: error))
            }
        }
    }
}
