import Inference
import LlamaServerAPI

extension EngineCounts {
    /// What the engine's heartbeat tells.
    init(_ reading: Heartbeat.Reading) {
        self.init()
        promptTokens = Int(clamping: reading.promptTokens)
        cachedPromptTokens = Int(clamping: reading.reusedTokens)
        promptSeconds = reading.promptTime / .seconds(1)
        writtenTokens = Int(clamping: reading.completionTokens)
        writingSeconds = reading.writingTime / .seconds(1)
        steps = Int(clamping: reading.steps)
        busySlots = Int(clamping: reading.busySlots)
        sequenceTokensMax = reading.sequenceTokensMax
        running = reading.running
        waiting = max(0, reading.live - reading.running)
    }
}
