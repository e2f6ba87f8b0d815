import Foundation
import Hosting
import Records
import Synchronization
import Telemetry
import Vocabulary

/// In which hours models are asked: counted in memory, kept in the database, and turned into patterns.
final class UsageJournal: Sendable {
    private struct State {
        /// By model, and by the hour since 1970.
        var hours: [String: [Int64: Int64]] = [:]
        /// What is not in the database yet.
        var waiting: [String: [Int64: Int64]] = [:]
        /// Requests of one model in one hour that are in neither yet: those that follow each other often are.
        var run: (model: String, hour: Int64, count: Int64)?

        mutating func note(_ model: String, _ hour: Int64) {
            if run?.hour == hour, run?.model == model {
                run?.count += 1
            } else {
                endRun()
                run = (model, hour, 1)
            }
        }

        mutating func endRun() {
            guard let (model, hour, count) = run.take() else { return }
            guard hours[model] != nil || hours.count < UsageHours.modelsMax else { return }
            hours[model, default: [:]][hour, default: 0] += count
            waiting[model, default: [:]][hour, default: 0] += count
        }
    }

    private let state = Mutex(State())
    private let records: UsageHours
    private let now: @Sendable () -> Int64
    private let logger: Logger

    /// - Parameters:
    ///   - records: where the hours are kept.
    ///   - logger: is told when the database fails.
    ///   - now: seconds since 1970.
    init(records: UsageHours, logger: Logger, now: @escaping @Sendable () -> Int64) {
        self.records = records
        self.now = now
        self.logger = logger
    }

    /// Counts a request; returns at once.
    func note(_ model: String) {
        let hour = now() / 3_600
        state.withLock { $0.note(model, hour) }
    }

    /// Takes in what was counted before.
    func load() async {
        do {
            let kept = try await records.all()
            state.withLock { state in
                for (model, hours) in kept {
                    state.hours[model, default: [:]].merge(hours) { $0 + $1 }
                }
            }
        } catch {
            guard !error.isCancellation else { return }
            logger.error("the use of models could not be read", [.error: .error(error)])
        }
    }

    /// Writes what was counted since the last time; what cannot be written waits for the next time.
    func write() async {
        let hour = now() / 3_600
        let waiting = state.withLock { state in
            state.endRun()
            defer { state.waiting = [:] }
            for model in state.hours.keys {
                state.hours[model] = state.hours[model]?.filter { $0.key >= hour - UsageHours.hoursMax }
            }
            return state.waiting
        }
        do {
            try await records.add(waiting, present: hour)
        } catch {
            if !error.isCancellation {
                logger.error("the use of models could not be kept", [.error: .error(error)])
            }
            state.withLock { state in
                for (model, hours) in waiting { state.waiting[model, default: [:]].merge(hours) { $0 + $1 } }
            }
        }
    }

    /// What was learned of each model by now.
    ///
    /// - Parameter offset: seconds by which the local clock is ahead of UTC.
    /// - Returns: patterns in the local clock.
    func patterns(offset: Int64) -> [ModelID: UsagePattern] {
        let present = now() + offset
        let hours = state.withLock { state in
            state.endRun()
            return state.hours
        }
        return hours.reduce(into: [:]) { patterns, entry in
            var local: [Int64: Int64] = [:]
            // Zones that are half an hour off count an hour's requests where it begins.
            for (hour, requests) in entry.value { local[(hour * 3_600 + offset) / 3_600, default: 0] += requests }
            patterns[ModelID(entry.key)] = UsagePattern(hours: local, until: present)
        }
    }
}
