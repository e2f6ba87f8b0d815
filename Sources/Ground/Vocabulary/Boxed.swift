/// Keeps a value behind a reference, and replaces it when it changes: what holds a large value stays small.
///
/// Copying the holder counts one reference instead of one for each member of the value, and an `async` function that has
/// the holder in hand needs a small frame. Frames of tasks are memory: a stream that waits keeps all of its frames.
@propertyWrapper
public struct Boxed<Value: Sendable>: Sendable {
    private final class Storage: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private var storage: Storage

    public init(wrappedValue: Value) { storage = Storage(wrappedValue) }

    public var wrappedValue: Value {
        get { storage.value }
        set { storage = Storage(newValue) }
    }
}

extension Boxed: Equatable where Value: Equatable {
    public static func == (left: Boxed, right: Boxed) -> Bool {
        left.storage === right.storage || left.storage.value == right.storage.value
    }
}
