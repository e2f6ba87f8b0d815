import CCurl
import Glibc

// What libcurl calls, always on the client's thread. A callback decides and returns: it never waits and never removes
// a handle.
extension EasyHandle {
    /// Sets the callbacks, which find their transfer by the context that each request sets.
    func setCallbacks(sockets: SocketWatch) throws(FetchError) {
        try unsafe check(
            nexus_curl_set_write_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let transfer = unsafe Transfer.of(context) else { return 0 }
                return unsafe transfer.received(UnsafeRawBufferPointer(start: bytes, count: size * count))
            })
        try unsafe check(
            nexus_curl_set_write_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let transfer = unsafe Transfer.of(context) else { return 0 }
                return unsafe transfer.receivedLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
            })
        try unsafe check(
            nexus_curl_set_read_callback(easy) { target, size, count, context in
                guard let transfer = unsafe Transfer.of(context) else { return Int(CURL_READFUNC_ABORT) }
                return unsafe transfer.send(UnsafeMutableRawBufferPointer(start: target, count: size * count))
            })
        try unsafe check(
            nexus_curl_set_seek_callback(easy) { context, offset, origin in
                guard let transfer = unsafe Transfer.of(context), origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
                return transfer.outgoing.seek(to: Int(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
            })
        try unsafe check(
            nexus_curl_set_opensocket_callback(easy) { context, _, address in
                guard let transfer = unsafe Transfer.of(context), let address = unsafe address else { return -1 }
                return unsafe transfer.openSocket(address)
            })
        // The connection's own, which may outlive the handle.
        try unsafe check(nexus_curl_set_context(easy, CURLOPT_CLOSESOCKETDATA, sockets.context))
        try unsafe check(
            nexus_curl_set_closesocket_callback(easy) { context, descriptor in
                unsafe SocketWatch.of(context)?.closed(descriptor)
                return Glibc.close(descriptor)
            })
        try unsafe check(
            nexus_curl_set_prereq_callback(easy) { context, host, _, port, _ in
                guard let transfer = unsafe Transfer.of(context), let host = unsafe host else {
                    return CURL_PREREQFUNC_ABORT
                }
                return transfer.isAboutToSend(peer: unsafe String(cString: host), port: Int(port))
                    ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            })
    }
}

extension Transfer {
    fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Pieces of one read that are together larger are handed over one by one: what a decompressor brings has no end.
    /// libcurl's own pieces are at most as large (`CURL_MAX_WRITE_SIZE`).
    private static let gatheredMax = 16 << 10

    fileprivate func received(_ piece: UnsafeRawBufferPointer) -> Int {
        if gathered.count + piece.count > Self.gatheredMax { deliverGathered() }
        if gathered.isEmpty {
            switch exchange.room() {
            case .open: break
            case .full:
                isReceivingPaused = true
                watch.receivingPaused(true, now: .now)
                return Int(CURL_WRITEFUNC_PAUSE)
            case .readerGone:
                refusal = refusal ?? .cancelled
                return -1
            }
            watch.received(now: .now)
            tellings.gather(self)
        }
        unsafe gathered.append(contentsOf: piece)
        receivedBytes += piece.count
        return piece.count
    }

    fileprivate func receivedLine(_ line: UnsafeRawBufferPointer) -> Int {
        switch unsafe headReader.read(line) {
        case .needsMore:
            return line.count
        case .complete(let head):
            watch.headArrived(now: .now)
            schedule.note(watch)
            guard exchange.deliver(head, for: self) else {
                refusal = refusal ?? .cancelled
                return -1
            }
            return line.count
        case .refused(let error):
            refusal = error
            return -1
        }
    }

    fileprivate func send(_ target: UnsafeMutableRawBufferPointer) -> Int {
        switch unsafe outgoing.read(into: target) {
        case .bytes(let count, let isLast):
            watch.sent(isLast: isLast, now: .now)
            schedule.note(watch)
            return count
        case .wait:
            isSendingPaused = true
            watch.sendingPaused(true, now: .now)
            return Int(CURL_READFUNC_PAUSE)
        case .end:
            watch.sent(isLast: true, now: .now)
            schedule.note(watch)
            return 0
        case .failure(let error):
            refusal = error
            return Int(CURL_READFUNC_ABORT)
        }
    }

    /// Opens the socket itself, so that no child process inherits it, after the request has agreed to the address.
    fileprivate func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        if allowsPeer != nil, let peer = unsafe PeerAddress(address), !allows(peer) { return -1 }
        let descriptor = unsafe Glibc.socket(
            address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
        if descriptor >= 0 { sockets.opened(descriptor) }
        return descriptor
    }

    fileprivate func isAboutToSend(peer host: String, port: Int) -> Bool {
        if !isOverUnixSocket, allowsPeer != nil {
            let family: PeerAddress.Family = host.utf8.contains(UInt8(ascii: ":")) ? .ipv6 : .ipv4
            guard allows(PeerAddress(family: family, host: host, port: port)) else { return false }
        }
        // An earlier address that was denied does not matter any more.
        refusal = nil
        watch.connected(hasBody: outgoing.exists, now: .now)
        schedule.note(watch)
        return true
    }

    private func allows(_ peer: PeerAddress) -> Bool {
        guard let allowsPeer, !allowsPeer(peer) else { return true }
        refusal = FetchError(.denied, "A connection to this address is not allowed.", detail: "\(peer)")
        return false
    }
}

extension PeerAddress {
    /// None for families that have no number, such as Unix sockets.
    fileprivate init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
        guard unsafe address.pointee.family == AF_INET || address.pointee.family == AF_INET6 else { return nil }
        // curl_sockaddr ends in a sockaddr that is in truth as long as `addrlen`.
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let socketAddress = unsafe UnsafeRawPointer(address).advanced(by: offset)
            .assumingMemoryBound(to: sockaddr.self)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let status = unsafe getnameinfo(
            socketAddress, address.pointee.addrlen, &host, socklen_t(host.count), &port, socklen_t(port.count),
            NI_NUMERICHOST | NI_NUMERICSERV)
        guard status == 0 else { return nil }
        let text = { (characters: [CChar]) in
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        let isSix = unsafe address.pointee.family == AF_INET6
        self.init(
            family: isSix ? .ipv6 : .ipv4, host: String(text(host).prefix { $0 != "%" }), port: Int(text(port)) ?? 0)
    }
}
