import Configuration
import EngineWorker
import Foundation

let code = await EngineProgram.run(Array(CommandLine.arguments.dropFirst()))
exit(code.rawValue)
