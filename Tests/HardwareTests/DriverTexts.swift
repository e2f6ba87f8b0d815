/// What drivers' tools write, after their documentation; none of it is recorded.
enum DriverTexts {
    static let nvidiaTable = """
        index, uuid, name, pci.bus_id, memory.total [MiB], memory.free [MiB], driver_version, compute_cap, mig.mode.current
        0, GPU-1111, NVIDIA H100 80GB HBM3, 00000000:17:00.0, 81559 MiB, 81000 MiB, 550.54.15, 9.0, Disabled
        1, GPU-2222, NVIDIA A100-SXM4-40GB, 00000000:65:00.0, 40960 MiB, 40000 MiB, 550.54.15, 8.0, Enabled
        2, GPU-3333, NVIDIA GeForce RTX 3060, 00000000:B1:00.0, 12288 MiB, 500 MiB, 550.54.15, 8.6, [N/A]

        """

    static let nvidiaReport = """
        <?xml version="1.0" ?>
        <!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
        <nvidia_smi_log>
            <timestamp>Sat Nov 21 12:00:00 2026</timestamp>
            <driver_version>550.54.15</driver_version>
            <cuda_version>12.4</cuda_version>
            <attached_gpus>2</attached_gpus>
            <gpu id="00000000:17:00.0">
                <product_name>NVIDIA H100 80GB HBM3</product_name>
                <uuid>GPU-1111</uuid>
                <mig_mode><current_mig>Disabled</current_mig><pending_mig>Disabled</pending_mig></mig_mode>
                <mig_devices>None</mig_devices>
                <fb_memory_usage><total>81559 MiB</total><reserved>551 MiB</reserved><used>8 MiB</used><free>81000 MiB</free></fb_memory_usage>
                <processes>
                    <process_info><pid>4242</pid><type>C</type><process_name>/opt/a &amp; b/server</process_name><used_memory>6 MiB</used_memory></process_info>
                    <process_info><pid>77</pid><type>C</type><process_name>[Insufficient Permissions]</process_name><used_memory>N/A</used_memory></process_info>
                </processes>
            </gpu>
            <gpu id="00000000:65:00.0">
                <product_name>NVIDIA A100-SXM4-40GB</product_name>
                <uuid>GPU-2222</uuid>
                <mig_mode><current_mig>Enabled</current_mig><pending_mig>Enabled</pending_mig></mig_mode>
                <mig_devices>
                    <mig_device>
                        <index>0</index><gpu_instance_id>1</gpu_instance_id><compute_instance_id>0</compute_instance_id>
                        <fb_memory_usage><total>19968 MiB</total><reserved>0 MiB</reserved><used>18 MiB</used><free>19950 MiB</free></fb_memory_usage>
                    </mig_device>
                </mig_devices>
                <fb_memory_usage><total>40960 MiB</total><reserved>0 MiB</reserved><used>18 MiB</used><free>40000 MiB</free></fb_memory_usage>
                <processes></processes>
            </gpu>
        </nvidia_smi_log>
        """

    static let rocm = """
        WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status

        {"card0": {"Card Series": "AMD Radeon RX 7900 XTX", "Card Model": "0x744c", "GFX Version": "gfx1100", "VRAM Total Memory (B)": "25753026560", "VRAM Total Used Memory (B)": "1000000000"}, "card10": {"Card Series": "N/A", "VRAM Total Memory (B)": "-5"}, "card2": {"Card Series": "AMD Instinct MI210", "VRAM Total Memory (B)": "68702699520", "VRAM Total Used Memory (B)": "99999999999999"}, "system": {"Driver version": "6.7.0"}}
        """

    static let amdStatic = """
        [{"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X", "target_graphics_version": "gfx942"}, "bus": {"bdf": "0000:0c:00.0"}, "vram": {"type": "HBM", "size": {"value": 196592, "unit": "MB"}}, "driver": {"name": "amdgpu", "version": "6.8.5"}}]
        """

    static let amdMetric = """
        {"gpu_data": [{"gpu": 0, "mem_usage": {"total_vram": {"value": 196592, "unit": "MB"}, "used_vram": {"value": 592, "unit": "MB"}, "free_vram": {"value": 196000, "unit": "MB"}}}]}
        """
}
