public import Digests
import Foundation
import Glibc

/// States that clients gave names to, as files of one folder: written whole or not at all, and read only whole.
///
/// The layout is that of the prefix cache's files. Nothing is ever removed here but what a killed process left half-written:
/// the files are their owners'. Waits for the disk; safe to use from any thread.
public struct SlotFiles: Sendable {
    private let files: StateFiles

    /// - Parameters:
    ///   - folder: where the files lie; made when it is not there.
    ///   - fingerprint: what states must have been written for.
    public init(folder: String, fingerprint: SHA256.Digest) {
        files = StateFiles(folder: folder, fingerprint: fingerprint, fileBytesMax: .max)
    }

    /// Makes the folder, or checks that files can be written there, and removes what was left half-written.
    ///
    /// - Throws: `failed`.
    public func prepare() throws(SlotFileError) {
        do throws(FileFailure) {
            try files.prepareShared()
            _ = try files.removeLeftovers()
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Writes a state, over what had its name before.
    ///
    /// - Parameters:
    ///   - state: what to keep.
    ///   - name: of the file.
    /// - Returns: bytes of the file.
    /// - Throws: `failed`; what had this name before is still there then.
    public func save(_ state: KeptState, as name: SlotFileName) throws(SlotFileError) -> Int {
        guard StateFormat.canKeep(state) else { throw .failed("the state can have no file") }
        do throws(FileFailure) {
            try files.write(state, at: "\(files.folder)/\(name.text)", mark: "slot")
        } catch {
            throw .failed("\(error)")
        }
        return StateFormat.fileBytes(state.header)
    }

    /// Reads and checks a whole file.
    ///
    /// - Parameter name: of the file.
    /// - Returns: its state, and the bytes of the file.
    /// - Throws: why it was not taken.
    public func load(_ name: SlotFileName) throws(SlotFileError) -> (state: KeptState, bytes: Int) {
        do throws(Refusal) {
            let state = try files.read(at: "\(files.folder)/\(name.text)", name: nil)
            return (state, StateFormat.fileBytes(state.header))
        } catch {
            switch error {
            case .missing: throw .missing
            case .foreign(let reason): throw .foreign(reason)
            case .damaged(let reason): throw .damaged(reason)
            case .unreadable(let reason): throw .failed(reason)
            }
        }
    }
}

/// Why a file of a slot could not be written or read. Reasons may name what is in the file, never where it lies.
public enum SlotFileError: Error, Equatable, Sendable {
    case missing
    /// Written for another model, by another version, or by another user.
    case foreign(String)
    case damaged(String)
    /// What the system said.
    case failed(String)
}

/// The name of a file in one folder: it leads nowhere else on any system.
public struct SlotFileName: Sendable, Equatable {
    public let text: String

    /// The longest name that common file systems take.
    public static let bytesMax = 255
    private static let forbidden: Set<Character> = ["/", "\\", ":", "*", "?", "\"", "<", ">", "|"]

    /// - Parameter text: 1 to 255 bytes without control characters and none of `/\:*?"<>|`, that neither begin with a dot or
    ///   a space nor end with one.
    public init?(_ text: String) {
        let ends: Set<Character> = [".", " "]
        guard (1...Self.bytesMax).contains(text.utf8.count), let first = text.first, let last = text.last,
            !ends.contains(first), !ends.contains(last), !text.contains(where: Self.forbidden.contains),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control || $0 == "\u{FFFD}" })
        else { return nil }
        self.text = text
    }
}
