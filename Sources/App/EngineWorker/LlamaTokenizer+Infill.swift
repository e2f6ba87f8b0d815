import Inference
import LlamaRuntime

extension InfillTokens {
    /// As the model's vocabulary has them; `nil` where one of the three marks is missing.
    init?(_ model: LlamaModel) {
        guard let prefix = model.gapPrefixToken, let suffix = model.gapSuffixToken, let middle = model.gapMiddleToken
        else { return nil }
        self.init(
            prefix: prefix, suffix: suffix, middle: middle, repository: model.repositoryToken,
            separator: model.fileSeparatorToken, begin: model.addsBeginToken ? model.beginToken : nil)
    }
}
