import CCurl
import Glibc

/// The client's thread: it owns the multi handle and every transfer in it.
///
/// Not `Sendable`: made, used and freed within `run`.
@safe
final class TransferLoop {
    private let multi: UnsafeMutableRawPointer
    private let watch: SocketWatch
    private let mailbox: LoopMailbox
    private let settings: HTTPClient.Configuration
    private let counts: LiveCounts
    private var transfers: [UInt64: Transfer] = [:]
    private let schedule = DeadlineSchedule()
    private let tellings = Tellings()
    private let handles: IdleHandles
    private var isShutDown = false

    private init(
        multi: UnsafeMutableRawPointer, watch: SocketWatch, settings: HTTPClient.Configuration, mailbox: LoopMailbox,
        counts: LiveCounts
    ) {
        unsafe self.multi = unsafe multi
        self.watch = watch
        self.settings = settings
        self.mailbox = mailbox
        self.counts = counts
        handles = IdleHandles(countMax: settings.idleConnectionsMax)
        unsafe nexus_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.connectionsPerHostMax)
        unsafe nexus_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings.connectionsMax)
        unsafe nexus_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.idleConnectionsMax)
        unsafe watch.attach(to: multi)
    }

    deinit { unsafe curl_multi_cleanup(multi) }

    /// Works until the mailbox says `shutDown`. The body of the thread.
    static func run(settings: HTTPClient.Configuration, mailbox: LoopMailbox, counts: LiveCounts) {
        if let watch = socketWatch(mailbox), let multi = unsafe curl_multi_init() {
            let loop = unsafe TransferLoop(
                multi: multi, watch: watch, settings: settings, mailbox: mailbox, counts: counts)
            while !loop.isShutDown { loop.step() }
            loop.endAll()
            loop.tellings.flush()
        }
        for case .start(let exchange, _) in mailbox.close() { exchange.finish(.shutDown) }
    }

    private static func socketWatch(_ mailbox: LoopMailbox) -> SocketWatch? {
        do throws(FetchError) {
            return try SocketWatch(waker: mailbox.descriptor)
        } catch {
            return nil
        }
    }

    private func step() {
        for command in mailbox.drain() { obey(command) }
        tellings.flush()
        guard !isShutDown else { return }
        unsafe watch.wait(for: multi, milliseconds: waitMilliseconds(now: .now)) {
            reportFinished()
            tellings.flush()
        }
        expire(now: .now)
    }

    private func obey(_ command: LoopCommand) {
        switch command {
        case .start(let exchange, let request): start(exchange, request)
        case .cancel(let id): end(id, .cancelled)
        case .resumeReceiving(let id):
            guard let transfer = transfers[id], transfer.isReceivingPaused else { return }
            transfer.isReceivingPaused = false
            transfer.watch.receivingPaused(false, now: .now)
            transfer.applyPauses()
            schedule.note(transfer.watch)
        case .resumeSending(let id):
            guard let transfer = transfers[id], transfer.isSendingPaused else { return }
            transfer.isSendingPaused = false
            transfer.watch.sendingPaused(false, now: .now)
            transfer.applyPauses()
            schedule.note(transfer.watch)
        case .shutDown: isShutDown = true
        }
    }

    private func start(_ exchange: Exchange, _ request: PreparedRequest) {
        guard !exchange.isOver else { return }
        guard transfers.count < settings.transfersMax else {
            let told = "More than \(settings.transfersMax) requests are under way."
            exchange.finish(FetchError(.overloaded, told))
            return
        }
        do throws(FetchError) {
            let handle = try handles.take(request, sockets: watch, settings: settings)
            let transfer = try Transfer.open(
                exchange, request, on: handle, settings: settings, mailbox: mailbox, schedule: schedule,
                tellings: tellings, sockets: watch, counts: counts)
            let status = unsafe curl_multi_add_handle(multi, transfer.easy)
            guard status == CURLM_OK else {
                transfer.close()
                throw FetchError(.failed, "The request could not be started.", detail: "curl multi \(status.rawValue)")
            }
            transfers[exchange.id] = transfer
            schedule.note(transfer.watch)
        } catch {
            exchange.finish(error)
        }
    }

    private func reportFinished() {
        var leftCount: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &leftCount) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            // Read before the handle is removed: the message does not outlive it.
            let result = unsafe message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            unsafe nexus_curl_info_context(message.pointee.easy_handle, &context)
            guard let context = unsafe context else { continue }
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            end(transfer.exchange.id, transfer.failure(result))
        }
    }

    /// Takes a transfer out of libcurl, which closes its connection if the response is not complete.
    private func end(_ id: UInt64, _ error: FetchError?) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        unsafe curl_multi_remove_handle(multi, transfer.easy)
        transfer.deliverGathered()
        if error == nil { handles.give(transfer.handle) }
        transfer.close()
        transfer.exchange.finish(error, for: transfer)
    }

    private func endAll() {
        for id in Array(transfers.keys) { end(id, .shutDown) }
        handles.removeAll()
    }

    // MARK: time limits

    private func expire(now: Moment) {
        guard schedule.isDue(now: now) else { return }
        for (id, transfer) in transfers {
            guard let next = transfer.watch.next else { continue }
            if next.deadline <= now {
                end(id, CurlFailure.timeout(next.phase))
            } else {
                schedule.note(transfer.watch)
            }
        }
    }

    /// How long a wait may last: to the next limit, rounded up. libcurl shortens it for timers of its own.
    private func waitMilliseconds(now: Moment) -> Int {
        guard let earliest = schedule.earliest else { return 60_000 }
        return min(60_000, (earliest - now).wholeMilliseconds)
    }
}
