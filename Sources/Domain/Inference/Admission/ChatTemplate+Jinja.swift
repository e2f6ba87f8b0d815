import JSONText
public import Templates
import Vocabulary

extension ChatTemplate {
    /// A template that a model file carries.
    ///
    /// - Parameters:
    ///   - template: the compiled source.
    ///   - now: the time that `strftime_now` tells, and today's date in the variables that Llama 3's and Fireworks' templates
    ///     look for.
    public init(_ template: Template, now: @escaping @Sendable () -> LocalTime) {
        self.init { context throws(ServiceError) in
            let now = now()
            var context = context
            for (name, format) in [("date_string", "%d %b %Y"), ("datetime", "%b %d %Y")] where context[name] == nil {
                context[name] = .string(now.formatted(format))
            }
            do throws(TemplateError) {
                return try template.render(context, now: now)
            } catch {
                throw ServiceError(
                    .invalidValue, "The model's chat template refuses these messages: \(error.message).",
                    hint: "Check the order of roles; some models accept no system message or want turns to alternate.",
                    parameter: "messages", detail: String(describing: error))
            }
        }
    }
}
