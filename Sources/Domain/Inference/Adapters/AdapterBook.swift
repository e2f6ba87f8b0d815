import Synchronization
import Vocabulary

/// The register of an engine's adapters, between the tasks that bring requests and the thread that computes them.
final class AdapterBook: Sendable {
    private let register: Mutex<AdapterRegister>

    init(countMax: Int) { register = Mutex(AdapterRegister(countMax: countMax)) }

    var reports: [AdapterReport] { register.withLock { $0.reports } }

    /// Gives a request its adapters, for as long as the lease lives.
    func lease(_ asked: [AdapterScale]?) throws(ServiceError) -> AdapterLease {
        let entered = register.withLock { register in result { () throws(ServiceError) in try register.enter(asked) } }
        let (set, named) = try entered.get()
        return set.isEmpty ? .none : AdapterLease(set, named: named, book: self)
    }

    fileprivate func leave(_ set: AdapterSet) { register.withLock { $0.leave(set) } }

    func setScales(_ scales: [AdapterScale]) throws(ServiceError) {
        try register.withLock { register in result { () throws(ServiceError) in try register.setScales(scales) } }.get()
    }

    func begin(_ candidate: AdapterCandidate) throws(ServiceError) -> Int {
        try register.withLock { register in result { () throws(ServiceError) in try register.begin(candidate) } }.get()
    }

    func finish(_ id: Int, isLoaded: Bool) -> AdapterReport? {
        register.withLock { $0.finish(id, isLoaded: isLoaded) }
    }

    func remove(_ id: Int) throws(ServiceError) -> (candidate: AdapterCandidate, report: AdapterReport) {
        try register.withLock { register in result { () throws(ServiceError) in try register.remove(id) } }.get()
    }
}

private func result<Success>(_ body: () throws(ServiceError) -> Success) -> Result<Success, ServiceError> {
    do throws(ServiceError) {
        return .success(try body())
    } catch {
        return .failure(error)
    }
}

extension ReproductionReceipt.Adapter {
    fileprivate var key: String { "\(fingerprint)*\(String(scale.bitPattern, radix: 16))" }
}

/// What one request is computed with. As long as it lives, none of its adapters is removed.
final class AdapterLease: Sendable {
    let set: AdapterSet
    /// The same for the same adapters with the same scales, also over a restart; empty for none.
    let key: String
    /// What the key is made of.
    let named: [ReproductionReceipt.Adapter]
    private let book: AdapterBook?

    /// Of requests without adapters.
    static let none = AdapterLease(.none, named: [], book: nil)

    fileprivate init(_ set: AdapterSet, named: [ReproductionReceipt.Adapter], book: AdapterBook?) {
        self.set = set
        self.named = named
        key = named.map(\.key).joined(separator: "+")
        self.book = book
    }

    deinit { book?.leave(set) }
}
