/// GPUs of the report that `nvidia-smi -q -x` writes: what the table does not tell, parts (MIG) and processes.
public struct NvidiaReport: Sendable, Equatable {
    public let accelerators: [Accelerator]

    /// `nil` when it is no such report or is damaged or cut off.
    ///
    /// - Parameter text: the report.
    public init?(_ text: String) {
        guard let log = MarkupElement.read(text), log.name == "nvidia_smi_log" else { return nil }
        let driver = log.value("driver_version")
        accelerators = log.all("gpu").enumerated().map { index, gpu in
            Self.accelerator(gpu, index: index, driver: driver)
        }
    }

    /// What the table told, with parts and processes from here, by UUID or, without one, by number.
    public func completing(_ table: [Accelerator]) -> [Accelerator] {
        table.map { known in
            let more = accelerators.first {
                known.uuid != nil ? $0.uuid == known.uuid : $0.index == known.index
            }
            guard let more else { return known }
            var whole = known
            whole.processes = more.processes
            whole.partitioning = more.partitioning ?? known.partitioning
            whole.totalBytes = known.totalBytes ?? more.totalBytes
            whole.freeBytes = known.freeBytes ?? more.freeBytes
            return whole
        }
    }

    private static func accelerator(_ gpu: MarkupElement, index: Int, driver: String?) -> Accelerator {
        let memory = gpu.first("fb_memory_usage")
        let processes = gpu.first("processes")?.all("process_info").compactMap { process -> Accelerator.Occupant? in
            guard let id = process.value("pid").flatMap({ Int($0) }), id > 0 else { return nil }
            return Accelerator.Occupant(
                processID: id, name: process.value("process_name"),
                bytes: process.value("used_memory").flatMap { ByteText.bytes($0) })
        }
        return Accelerator(
            vendor: .nvidia, index: index, name: gpu.value("product_name"), uuid: gpu.value("uuid"),
            bus: gpu.attributes["id"], totalBytes: memory?.value("total").flatMap { ByteText.bytes($0) },
            freeBytes: memory?.value("free").flatMap { ByteText.bytes($0) }, driver: driver,
            partitioning: partitioning(gpu), processes: processes ?? [])
    }

    private static func partitioning(_ gpu: MarkupElement) -> Accelerator.Partitioning? {
        guard let mode = gpu.first("mig_mode")?.value("current_mig") else { return nil }
        let parts = gpu.first("mig_devices")?.all("mig_device").enumerated().map { position, device in
            let memory = device.first("fb_memory_usage")
            return Accelerator.Partitioning.Part(
                index: device.value("index").flatMap { Int($0) } ?? position,
                instance: device.value("gpu_instance_id").flatMap { Int($0) },
                totalBytes: memory?.value("total").flatMap { ByteText.bytes($0) },
                freeBytes: memory?.value("free").flatMap { ByteText.bytes($0) })
        }
        return Accelerator.Partitioning(isOn: mode == "Enabled", parts: parts ?? [])
    }
}
