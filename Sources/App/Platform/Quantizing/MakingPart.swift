import AdminAPI
import Configuration
import Digests
import GGUF
import HTTPServing
import JSONText
import Jobs
import Processes

/// What makes models of models in the running platform: four kinds of jobs, and their routes.
struct MakingPart: Sendable {
    private let runner: JobRunner
    private let finder: SourceFinder
    private let made: MadeModels
    private let tool: EngineTool

    /// - Parameters:
    ///   - configuration: says where data lies.
    ///   - catalog: gives sources and takes what is made.
    ///   - runner: does the work.
    ///   - tool: the engine's program.
    init(_ configuration: Configuration, catalog: CatalogPart, runner: JobRunner, tool: EngineTool) {
        self.runner = runner
        self.tool = tool
        finder = SourceFinder(catalog: catalog.catalog)
        made = MadeModels(
            catalog: catalog.catalog, ownFolder: CatalogPart.ownFolder(of: configuration),
            dataDirectory: configuration.dataDir)
    }

    /// Tells the runner what it can do.
    func register() async {
        // The same work is one job while it is not finished. Databases index no keys as long as two paths may be.
        let identity: @Sendable (JSONObject) -> String? = { parameters in
            var digest = SHA256()
            digest.update(JSONValue.object(parameters).bytes)
            return digest.finish().hexadecimal
        }
        let (quantizing, measuring) = (QuantizeWork(tool: tool, made: made), MeasureWork(tool: tool, made: made))
        let converting = ConvertWork(made: made)
        for kind in [
            JobKind(
                QuantizeOrder.kind, identity: identity, discard: { quantizing.discard($0) },
                handler: { try await quantizing.run($0) }),
            JobKind(
                MeasureOrder.collecting, identity: identity, discard: { measuring.discard($0) },
                handler: { try await measuring.collect($0) }),
            JobKind(MeasureOrder.measuring, identity: identity, handler: { try await measuring.measure($0) }),
            JobKind(
                ConvertOrder.kind, identity: identity, discard: { converting.discard($0) },
                handler: { try await converting.run($0) }),
        ] {
            await runner.register(kind)
        }
    }

    var routes: [Route] {
        let (runner, finder, made) = (runner, finder, made)
        return MakingRoutes(
            MakingRoutes.Orders(
                quantize: {
                    try await runner.submit(QuantizeOrder.kind, try await QuantizeOrder($0, finder, made).json)
                },
                collect: {
                    try await runner.submit(
                        MeasureOrder.collecting, try await MeasureOrder(collecting: $0, finder, made).json)
                },
                measure: {
                    try await runner.submit(
                        MeasureOrder.measuring, try await MeasureOrder(measuring: $0, finder).json)
                },
                convert: { try await runner.submit(ConvertOrder.kind, try await ConvertOrder($0, finder, made).json) }),
            types: QuantizationType.all.map {
                MakingRoutes.Kind(name: $0.label, needsImportance: $0.needsImportance)
            }
        ).routes
    }
}
