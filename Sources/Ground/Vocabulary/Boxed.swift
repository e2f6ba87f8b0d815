/// Keeps a value behind a reference, and replaces it when it changes: what holds a large value stays small.
///
/// Copying the holder counts one reference instead of one for each member of the value, and an `async` function that has
/// the holder in hand needs a small frame. Frames of tasks are memory: a stream that waits keeps all of its frames.
///
/// Open to other modules' compilers, which otherwise look up the value's type at run time for each access.
@propertyWrapper
public struct Boxed<Value: Sendable>: Sendable {
    @usableFromInline final class Storage: Sendable {
        @usableFromInline let value: Value

        @inlinable init(_ value: Value) { self.value = value }
    }

    @usableFromInline var storage: Storage

    @inlinable public init(wrappedValue: Value) { storage = Storage(wrappedValue) }

    /// Begins with the value of another holder, and shares its storage until one of the two changes. For values that most
    /// holders never change.
    @inlinable public init(sharing other: Boxed<Value>) { storage = other.storage }

    @inlinable public var wrappedValue: Value {
        get { storage.value }
        set { storage = Storage(newValue) }
    }
}

extension Boxed: Equatable where Value: Equatable {
    @inlinable public static func == (left: Boxed, right: Boxed) -> Bool {
        left.storage === right.storage || left.storage.value == right.storage.value
    }
}
