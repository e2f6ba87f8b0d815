import Hardware
import TestRandomness
import Testing

@Suite struct AcceleratorTests {
    @Test func `a table of NVIDIA GPUs is read`() throws {
        let gpus = try #require(NvidiaText.accelerators(table: DriverTexts.nvidiaTable))
        #expect(gpus.map(\.name) == ["NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-40GB", "NVIDIA GeForce RTX 3060"])
        #expect(gpus[0].totalBytes == 81_559 << 20)
        #expect(gpus[0].freeBytes == 81_000 << 20)
        #expect(gpus[0].architecture == "9.0")
        #expect(gpus[0].driver == "550.54.15")
        #expect(gpus.map { $0.partitioning?.isOn } == [false, true, nil])
    }

    @Test func `units may stand in the head alone`() throws {
        let gpus = try #require(
            NvidiaText.accelerators(table: "name, memory.total [MiB]\nTesla T4, 15360\nbroken\nOther, [N/A]\n"))
        #expect(gpus.map(\.totalBytes) == [15_360 << 20, nil])
        #expect(gpus.map(\.sharesMemory) == [false, true])
    }

    @Test func `absurd sizes are left out`() throws {
        let gpus = try #require(
            NvidiaText.accelerators(
                table:
                    "name, memory.total, memory.free\nA, -5 MiB, 1 MiB\nB, 99999999999999999999 MiB, 0 MiB\nC, 5 MiB, 6 MiB"
            ))
        #expect(gpus.map(\.totalBytes) == [nil, nil, 5 << 20])
        #expect(gpus[2].freeBytes == nil)
    }

    @Test(arguments: [
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.183\n",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that …\n",
        "Unable to determine the device handle for GPU0000:01:00.0: Unknown Error\n",
        "Failed to initialize NVML: Unknown Error\n",
    ])
    func `errors of the driver are told with a way out`(text: String) throws {
        let note = try #require(NvidiaText.failure(text, status: 255))
        #expect(note.code == .failed)
        #expect(note.hint?.isEmpty == false)
        #expect(NvidiaText.accelerators(table: text) == nil)
    }

    @Test func `no GPU is no failure, and an old driver is known`() {
        #expect(NvidiaText.isEmpty("No devices were found\n"))
        #expect(NvidiaText.failure("No devices were found\n", status: 6) == nil)
        #expect(NvidiaText.failure(DriverTexts.nvidiaTable, status: 0) == nil)
        #expect(NvidiaText.failure("boom", status: nil)?.message.contains("boom") == true)
        #expect(NvidiaText.isOld("Field \"compute_cap\" is not a valid field to query.\n"))
    }

    @Test func `the report adds parts and processes`() throws {
        let report = try #require(NvidiaReport(DriverTexts.nvidiaReport))
        let table = try #require(NvidiaText.accelerators(table: DriverTexts.nvidiaTable))
        let gpus = report.completing(table)
        #expect(
            gpus[0].processes == [
                Accelerator.Occupant(processID: 4_242, name: "/opt/a & b/server", bytes: 6 << 20),
                Accelerator.Occupant(processID: 77, name: nil, bytes: nil),
            ])
        #expect(gpus[1].partitioning?.parts.first?.totalBytes == 19_968 << 20)
        #expect(gpus[1].partitioning?.parts.first?.instance == 1)
        #expect(gpus[2] == table[2])
        #expect(report.accelerators.map(\.driver) == ["550.54.15", "550.54.15"])
    }

    @Test func `a report that was cut off anywhere is none, and nothing crashes`() {
        let bytes = Array(DriverTexts.nvidiaReport.utf8)
        for count in stride(from: 0, to: bytes.count - 3, by: 11) {
            #expect(NvidiaReport(String(decoding: bytes[..<count], as: UTF8.self)) == nil)
        }
    }

    @Test func `damaged reports are read or refused, never more`() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<300 {
            var bytes = Array(DriverTexts.nvidiaReport.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 32...126, using: &random)
            }
            let report = NvidiaReport(String(decoding: bytes, as: UTF8.self))
            #expect((report?.accelerators.count ?? 0) <= 2)
        }
        #expect(NvidiaReport(String(repeating: "<a>", count: 100_000)) == nil)
        #expect(NvidiaReport("<other/>") == nil)
        #expect(NvidiaReport("<!-- <nvidia_smi_log>") == nil)
    }

    @Test func `both tools of AMD are read`() throws {
        let rocm = try #require(AMDText.accelerators(rocm: DriverTexts.rocm))
        #expect(rocm.map(\.index) == [0, 2, 10])
        #expect(rocm.map(\.name) == ["AMD Radeon RX 7900 XTX", "AMD Instinct MI210", nil])
        #expect(rocm[0].freeBytes == 24_753_026_560)
        #expect(rocm[0].driver == "6.7.0")
        #expect(rocm[1].freeBytes == nil)
        #expect(rocm[2].totalBytes == nil)
        // Version 4 of ROCm wrote numbers where names belong.
        let old = try #require(
            AMDText.accelerators(
                rocm: #"{"card0": {"Card series": "0x1002", "Card model": "Navi 22", "VRAM Total Memory (B)": "1024"}}"#
            ))
        #expect(old.map(\.name) == ["Navi 22"])
        let smi = try #require(
            AMDText.accelerators(static: DriverTexts.amdStatic, metrics: DriverTexts.amdMetric))
        #expect(smi.map(\.name) == ["AMD Instinct MI300X"])
        #expect(smi[0].totalBytes == 196_592 << 20)
        #expect(smi[0].freeBytes == 196_000 << 20)
        #expect(smi[0].architecture == "gfx942")
        for text in ["", "{}", "[]", "{\"card0\"", "no json", "[{\"gpu\": -1}]", "[{\"gpu\": 1e300}]", "[1, null]"] {
            #expect(AMDText.accelerators(rocm: text) == nil)
            #expect(AMDText.accelerators(static: text) == nil)
        }
    }

    @Test func `cards are told by the kernel`() throws {
        let amd = try #require(
            GraphicsText.accelerator(
                1,
                files: [
                    "device/vendor": "0x1002\n", "device/device": "0x744c\n",
                    "device/mem_info_vram_total": "25753026560\n",
                    "device/mem_info_vram_used": "53026560\n",
                    "device/uevent": "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:03:00.0\n",
                ]))
        #expect(amd.vendor == .amd)
        #expect(amd.freeBytes == 25_700_000_000)
        #expect(amd.bus == "0000:03:00.0")
        #expect(amd.name == "PCI device 0x744c")
        let intel = try #require(GraphicsText.accelerator(0, files: ["device/vendor": "0x8086"]))
        #expect(intel.sharesMemory)
        #expect(GraphicsText.accelerator(0, files: ["device/uevent": "DRIVER=asahi"])?.vendor == .apple)
        #expect(GraphicsText.accelerator(0, files: ["device/vendor": "0x1234"]) == nil)
        #expect(GraphicsText.accelerator(0, files: [:]) == nil)
        #expect(GraphicsText.appleChip(compatible: "apple,j314s\0apple,t6000\0apple,arm-platform\0") == "Apple M1 Pro")
        #expect(GraphicsText.appleChip(compatible: "raspberrypi,4-model-b\0") == nil)
    }
}
