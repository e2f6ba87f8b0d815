import HTTPFetching
import Storage

extension Error {
    /// Whether it says only that its task was cancelled, such as when a command has its answer while parts still start: nothing
    /// went wrong, and no log need tell.
    var isCancellation: Bool {
        switch self {
        case is CancellationError: true
        case let error as StorageError: error.code == .cancelled
        case let error as FetchError: error.code == .cancelled
        default: false
        }
    }
}
