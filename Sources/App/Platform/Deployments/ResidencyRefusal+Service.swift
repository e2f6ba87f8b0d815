import Hosting
import Vocabulary

extension ResidencyRefusal {
    /// This refusal in the words that clients get: what is needed, what there is, and what would help.
    func serviceError(for model: ModelID, cause: (any Error)?) -> any Error {
        switch self {
        case .unknown, .unloaded:
            return ServiceError(
                .modelUnavailable, "'\(model)' was unloaded.", hint: "Send the request again.", retryAfter: .seconds(1))
        case .tooLarge(let needed, let free, let budget, let pinned):
            return ServiceError(
                .insufficientMemory,
                "'\(model)' needs \(needed.shown) of memory; of the budget of \(budget.shown) at most \(free.shown) can "
                    + "be made free.",
                hint: Self.hint(pinned, setting: "hosting.memoryMax"))
        case .groupTooSmall(let group, let needed, let budget, let pinned):
            return ServiceError(
                .insufficientMemory,
                "'\(model)' needs \(needed.shown) of memory; the budget of its group '\(group)' is \(budget.shown).",
                hint: Self.hint(pinned, setting: "the group's budget"))
        case .tooManyWaiting(let max):
            return ServiceError(
                .overloaded, "\(max) requests wait for models already.", hint: "Try again shortly.",
                retryAfter: .seconds(5))
        case .waitedTooLong(let time):
            return ServiceError(
                .modelUnavailable, "'\(model)' was not loaded within \(time.components.seconds) s.",
                hint: "Other models are in use; try again shortly.", retryAfter: .seconds(5))
        case .loadFailed:
            return cause
                ?? ServiceError(.modelUnavailable, "'\(model)' could not be loaded.", hint: "Its log tells why.")
        }
    }

    private static func hint(_ pinned: [ModelID], setting: String) -> String {
        let names = pinned.map { "'\($0)'" }.joined(separator: ", ")
        let stop =
            pinned.isEmpty
            ? ""
            : "Stop \(names), which "
                + (pinned.count == 1 ? "is pinned" : "are pinned") + "; or "
        let rest = "raise \(setting), or give it a smaller context or a smaller quantisation."
        return stop.isEmpty ? rest.prefix(1).uppercased() + rest.dropFirst() : stop + rest
    }
}

extension Footprint {
    /// For people.
    var shown: String {
        let main = Self.text(host)
        let rest = devices.sorted { $0.key < $1.key }.map { "\(Self.text($0.value)) of \($0.key)" }
        return ([main] + rest).joined(separator: " and ")
    }

    static func text(_ bytes: UInt64) -> String {
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        for (unit, shift) in units where bytes >= 1 << UInt64(shift) {
            let tenths = (Double(bytes) / Double(1 << shift) * 10).rounded() / 10
            return "\(tenths) \(unit)"
        }
        return "\(bytes) bytes"
    }
}
