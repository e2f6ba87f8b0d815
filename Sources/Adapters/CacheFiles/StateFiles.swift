import Digests
import Glibc

/// Files of states in one folder: writing whole ones or none, and reading only whole ones.
struct StateFiles: Sendable {
    /// The folder of one model.
    let folder: String
    let fingerprint: SHA256.Digest
    /// No file is read that is larger.
    let fileBytesMax: Int

    static let ending = ".state"
    /// Of files that are being written, which are locked as long as their process lives.
    static let unfinished = ".writing-"

    func path(_ name: String) -> String { "\(folder)/\(name)\(Self.ending)" }

    /// Writes a state so that its file is there as a whole, or not at all, whenever the process or the machine ends.
    func write(_ state: KeptState, name: String) throws(FileFailure) {
        try write(state, at: path(name), mark: name.prefix(16))
    }

    /// The same for a file with any name in the folder.
    ///
    /// - Parameters:
    ///   - state: what to write.
    ///   - path: the file, which is replaced if it is there.
    ///   - mark: a part of the unfinished file's name.
    /// - Throws: the call that failed; what was there before is still there then.
    func write(_ state: KeptState, at path: String, mark: some StringProtocol) throws(FileFailure) {
        let temporary = "\(folder)/\(Self.unfinished)\(mark)-\(UInt64.random(in: 0 ... .max))"
        do throws(FileFailure) {
            let file = try OpenFile(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            guard file.lock() else { throw FileFailure("flock") }
            var hash = SHA256()
            try unsafe file.write(StateFormat.encode(state.header, fingerprint: fingerprint).span.bytes, &hash)
            try unsafe file.write(state.state.span.bytes, &hash)
            let digest = hash.finish()
            var unused = SHA256()
            try unsafe file.write(digest.bytes.span.bytes, &unused)
            file.touch()
            try file.synchronize()
            guard unsafe rename(temporary, path) == 0 else { throw FileFailure("rename") }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        try OpenFile(folder, flags: O_RDONLY | O_DIRECTORY).synchronize()
    }

    /// Reads and checks a file's header.
    ///
    /// - Returns: the header, and the bytes of the whole file.
    func header(_ name: String) throws(Refusal) -> (header: StateHeader, bytes: Int) {
        let file = try open(path(name))
        let read = try self.header(of: file, name)
        return (read.header, read.fileBytes)
    }

    /// Reads and checks a whole file.
    func read(_ name: String) throws(Refusal) -> KeptState { try read(at: path(name), name: name) }

    /// The same for a file with any name in the folder.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - name: what its content must be named; `nil` where files have names of their owners' choice.
    /// - Returns: the state.
    /// - Throws: why the file was not taken.
    func read(at path: String, name: String?) throws(Refusal) -> KeptState {
        let file = try open(path)
        let head = try header(of: file, name)
        let state: [UInt8]
        let digest: [UInt8]
        do {
            state = try file.read(head.header.stateBytes, at: head.bytes.count)
            digest = try file.read(StateFormat.digestBytes, at: head.bytes.count + state.count)
        } catch {
            throw .unreadable("\(error)")
        }
        var hash = SHA256()
        hash.update(head.bytes)
        hash.update(state)
        guard state.count == head.header.stateBytes, hash.finish().bytes == digest else {
            throw .damaged("its checksum is wrong")
        }
        file.touch()
        return KeptState(
            tenant: head.header.tenant, adapters: head.header.adapters, tokens: head.header.tokens,
            start: head.header.start, state: state)
    }

    func remove(_ name: String) { _ = unsafe unlink(path(name)) }

    private func open(_ path: String) throws(Refusal) -> OpenFile {
        do {
            return try OpenFile(path, flags: O_RDONLY)
        } catch {
            throw error.code == ENOENT ? .missing : .unreadable("\(error)")
        }
    }

    private func header(
        of file: borrowing OpenFile, _ name: String?
    ) throws(Refusal) -> (header: StateHeader, bytes: [UInt8], fileBytes: Int) {
        let status: stat
        let fixed: [UInt8]
        do {
            status = try file.status()
            guard status.st_mode & S_IFMT == S_IFREG else { throw Refusal.damaged("it is no regular file") }
            guard status.st_uid == geteuid() else { throw Refusal.foreign("it belongs to another user") }
            guard status.st_size <= fileBytesMax else { throw Refusal.damaged("it has \(status.st_size) bytes") }
            fixed = try file.read(min(StateFormat.fixedBytes, status.st_size), at: 0)
        } catch let error as Refusal {
            throw error
        } catch {
            throw .unreadable("\(error)")
        }
        let count = try StateFormat.headBytes(fixed, fileBytes: status.st_size)
        let bytes: [UInt8]
        do {
            bytes = try file.read(count, at: 0)
        } catch {
            throw .unreadable("\(error)")
        }
        guard bytes.count == count else { throw .damaged("it became shorter") }
        let header = try StateFormat.decode(bytes, fingerprint: fingerprint)
        guard name == nil || StateFormat.name(header) == name else { throw .damaged("it has another's name") }
        guard name == nil || !header.tokens.isEmpty else { throw .damaged("it holds nothing") }
        return (header, bytes, status.st_size)
    }
}
