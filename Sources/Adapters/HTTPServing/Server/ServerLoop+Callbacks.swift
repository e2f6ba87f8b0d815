import CMicroHTTPD
import Glibc

extension ServerConfiguration {
    /// Calls `body` with libmicrohttpd's settings; their pointers live as long as the call. `loop` must outlive the
    /// daemon: it is the context of every callback, and they all run on its thread.
    func withSettings<Result>(
        socket: CInt, loop: ServerLoop, _ body: (inout nexus_http_settings) -> Result
    ) -> Result {
        var settings = unsafe nexus_http_settings()
        unsafe settings.listen_socket = socket
        // A response's headers share the pool with its request's.
        unsafe settings.pool_bytes = limits.headerBytes
        unsafe settings.connections_max = CUnsignedInt(clamping: limits.connections)
        unsafe settings.connections_per_address_max = CUnsignedInt(clamping: limits.connectionsPerAddress)
        unsafe settings.inactivity_seconds = CUnsignedInt(clamping: max(1, timeouts.idle.components.seconds))
        unsafe settings.context = Unmanaged.passUnretained(loop).toOpaque()
        unsafe settings.on_request = requestArrived
        unsafe settings.on_completed = requestCompleted
        unsafe settings.on_connection = connectionChanged
        unsafe settings.on_target = targetArrived
        guard let tls else { return unsafe body(&settings) }
        return unsafe tls.certificate.withCString { certificate in
            unsafe tls.key.withCString { key in
                unsafe settings.certificate_pem = certificate
                unsafe settings.key_pem = key
                return unsafe body(&settings)
            }
        }
    }
}

private func loop(_ context: UnsafeMutableRawPointer?) -> ServerLoop {
    guard let context = unsafe context else { preconditionFailure("libmicrohttpd passes its context on") }
    return unsafe Unmanaged<ServerLoop>.fromOpaque(context).takeUnretainedValue()
}

/// MHD_NotifyConnectionCallback. The connection is retained for `socket_context` when it starts, and released when it
/// is closed; libmicrohttpd calls this exactly once for each.
private let connectionChanged:
    @convention(c) (
        UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
        MHD_ConnectionNotificationCode
    ) -> Void = { context, handle, socketContext, event in
        guard let handle = unsafe handle, let socketContext = unsafe socketContext else { return }
        let loop = unsafe loop(context)
        if event == MHD_ConnectionNotificationCode(rawValue: 0) {
            let connection = unsafe loop.connectionOpened(handle)
            unsafe socketContext.pointee = Unmanaged.passRetained(connection).toOpaque()
        } else if let opaque = unsafe socketContext.pointee {
            let connection = unsafe Unmanaged<Connection>.fromOpaque(opaque).takeRetainedValue()
            unsafe socketContext.pointee = nil
            loop.connectionClosed(connection)
        }
    }

/// MHD_OPTION_URI_LOG_CALLBACK: the request line is read. What is returned becomes the request's context. Retained here,
/// released in `requestCompleted`, which libmicrohttpd calls for every request that came this far.
private let targetArrived:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
        context, target, handle in
        guard let handle = unsafe handle, let target = unsafe target,
            let opaque = unsafe nexus_http_socket_context(handle)
        else { return nil }
        let connection = unsafe Unmanaged<Connection>.fromOpaque(opaque).takeUnretainedValue()
        let exchange = unsafe loop(context).requestStarted(on: connection, target: String(cString: target))
        return unsafe Unmanaged.passRetained(exchange).toOpaque()
    }

/// MHD_RequestCompletedCallback: the response is sent, or the request was given up.
private let requestCompleted:
    @convention(c) (
        UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
        MHD_RequestTerminationCode
    ) -> Void = { context, _, requestContext, reason in
        guard let requestContext = unsafe requestContext, let opaque = unsafe requestContext.pointee else { return }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(opaque).takeRetainedValue()
        unsafe requestContext.pointee = nil
        unsafe loop(context).requestEnded(exchange, isComplete: reason.rawValue == 0)
    }

/// MHD_AccessHandlerCallback: called when the headers are read, for each piece of the body, and when it is complete.
private let requestArrived:
    @convention(c) (
        UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
        UnsafePointer<CChar>?, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> MHD_Result = { context, _, _, method, version, bytes, byteCount, requestContext in
        guard let byteCount = unsafe byteCount, let method = unsafe method, let version = unsafe version,
            let opaque = unsafe requestContext?.pointee
        else { return .NO }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(opaque).takeUnretainedValue()
        let loop = unsafe loop(context)
        if unsafe byteCount.pointee == 0 {
            exchange.isChunked = unsafe strcmp(version, MHD_HTTP_VERSION_1_1) == 0
            return unsafe loop.proceed(exchange, method: method) ? .YES : .NO
        }
        let piece = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: byteCount.pointee))
        switch loop.bodyArrived(exchange, piece) {
        case .taken: unsafe byteCount.pointee = 0
        case .refused: break
        case .hopeless: return .NO
        }
        return .YES
    }
