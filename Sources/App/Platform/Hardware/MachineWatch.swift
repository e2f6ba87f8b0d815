import Hardware

/// The machine as it was last looked at: tools take seconds, so that one look serves everybody for a while.
actor MachineWatch {
    /// How long a look is good for.
    static let ageMax = Duration.seconds(15)

    private let probe: MachineProbe
    private var last: (machine: Machine, at: ContinuousClock.Instant)?
    private var running: Task<Machine, Never>?

    init(_ probe: MachineProbe) { self.probe = probe }

    /// The machine, as it was seen at most `ageMax` ago.
    ///
    /// - Parameter isFresh: looks again, unless somebody is just doing so.
    /// - Returns: what was found, with notes on what was not.
    func machine(isFresh: Bool = false) async -> Machine {
        if let running { return await running.value }
        if !isFresh, let last, ContinuousClock.now - last.at < Self.ageMax { return last.machine }
        let look = Task { [probe] in await probe.machine() }
        running = look
        let machine = await look.value
        running = nil
        last = (machine, .now)
        return machine
    }
}
