import Synchronization

/// Names a value that middleware leaves for what runs after it, with its type.
///
///     enum RequestIDKey: RequestContextKey { typealias Value = String }
///     request.context[RequestIDKey.self] = "req_1"
public protocol RequestContextKey {
    associatedtype Value: Sendable
}

/// What belongs to one request beside its message: typed values, and what is to be told when it is over.
///
/// One per request, shared by every copy of the ``HTTPRequest``; so what an inner middleware sets, an outer one sees
/// after `next` has returned.
public final class RequestContext: Sendable {
    /// A value behind a reference: whose type it is, is seen at once.
    @usableFromInline final class Box<Value: Sendable>: Sendable {
        @usableFromInline let value: Value

        @inlinable init(_ value: Value) { self.value = value }
    }

    private struct State {
        /// There are few, and each is found at once among them.
        var values: [(key: ObjectIdentifier, box: any AnyObject & Sendable)] = []
        var observers: [@Sendable (RequestOutcome) -> Void] = []
        var outcome: RequestOutcome?
    }

    /// Room for as many values and observers at first: growing one by one costs more than the room.
    private static let countLikely = 4

    private let state = Mutex(State())
    private let transfer: Transfer?

    /// Of a request without a connection.
    public convenience init() { self.init(transfer: nil) }

    init(transfer: Transfer?) { self.transfer = transfer }

    /// Open to other modules' compilers, which otherwise look up the value's type at run time for each access.
    @inlinable public subscript<Key: RequestContextKey>(key: Key.Type) -> Key.Value? {
        get { (box(ObjectIdentifier(key)) as? Box<Key.Value>)?.value }
        set { set(newValue.map(Box.init), for: ObjectIdentifier(key)) }
    }

    @usableFromInline func box(_ key: ObjectIdentifier) -> (any AnyObject & Sendable)? {
        state.withLock { state in
            for place in state.values.indices where state.values[place].key == key { return state.values[place].box }
            return nil
        }
    }

    @usableFromInline func set(_ box: (any AnyObject & Sendable)?, for key: ObjectIdentifier) {
        state.withLock { state in
            let place = state.values.firstIndex { $0.key == key }
            switch (place, box) {
            case (let place?, let box?): state.values[place].box = box
            case (let place?, nil): state.values.remove(at: place)
            case (nil, let box?):
                if state.values.isEmpty { state.values.reserveCapacity(Self.countLikely) }
                state.values.append((key, box))
            case (nil, nil): break
            }
        }
    }

    /// Calls `observer` once, when the response is sent completely or given up. It runs on the server's thread: it must
    /// be quick and must not block.
    public func whenFinished(_ observer: @escaping @Sendable (RequestOutcome) -> Void) {
        let outcome = state.withLock { state in
            if state.outcome == nil {
                if state.observers.isEmpty { state.observers.reserveCapacity(Self.countLikely) }
                state.observers.append(observer)
            }
            return state.outcome
        }
        if let outcome { observer(outcome) }
    }

    /// Gives the request up, on any thread, whatever becomes of its answer: its connection is closed and its task cancelled, as
    /// if the client had vanished. Does nothing for a request that is over, or is a WebSocket by now.
    public func abort() { transfer?.abort() }

    func finish(_ outcome: RequestOutcome) {
        let observers = state.withLock { state in
            state.outcome = outcome
            defer { state.observers = [] }
            return state.observers
        }
        for observer in observers { observer(outcome) }
    }
}

/// How a request ended.
public struct RequestOutcome: Sendable, Equatable {
    /// `nil` when it was given up before there was a response.
    public var status: HTTPStatus?
    /// Bytes of the response's body that were handed to the socket, before chunk framing and TLS.
    public var bodyBytes: Int
    /// From the request's head to the end.
    public var duration: Duration
    /// The client vanished, was too slow, or the server stopped before the response was sent completely.
    public var wasAborted: Bool
}
