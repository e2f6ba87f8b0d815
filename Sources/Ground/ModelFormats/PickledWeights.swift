import GGUF

/// Weights that Python has pickled: `pytorch_model.bin`, `.pt`, `.pth`, `.ckpt`. They are known, so that it can be told why they
/// are refused, and never read: a pickle is a program, and reading it is running it.
///
/// Source: the documentation of Python's `pickle`, and of `torch.save`, which puts the pickle into a ZIP file.
enum PickledWeights {
    /// What checkpoints call them.
    private static let names = ["pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth"]
    private static let suffixes = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"]

    /// Why a folder without SafeTensors files is refused, when it is for this.
    static func refusal(of folder: some ModelFolder) throws(ModelFormatError) -> ModelFormatError? {
        for name in names where try folder.file(name) != nil { return refusal(of: name) }
        return nil
    }

    /// Why a file is refused, when it is for this: its name and its first bytes say so.
    static func refusal(of name: String, _ source: any ByteSource) throws(ModelFormatError) -> ModelFormatError? {
        guard suffixes.contains(where: { name.lowercased().hasSuffix($0) }), source.byteCount >= 4 else { return nil }
        let start = try source.bytes(0, count: 4, of: "start", in: name)
        // A ZIP file, or the opcode PROTO with a number up to 5.
        let isPickle = start == Array("PK\u{3}\u{4}".utf8) || (start[0] == 0x80 && start[1] <= 5)
        return isPickle ? refusal(of: name) : nil
    }

    private static func refusal(of name: String) -> ModelFormatError {
        ModelFormatError(
            .unsafeFormat, in: name, "format", found: "a Python pickle, which can run any program when it is read",
            allowed: "SafeTensors; take the revision of the repository that has model.safetensors, or write it with "
                + "save_pretrained(…, safe_serialization=True) of transformers where you trust the file")
    }
}
