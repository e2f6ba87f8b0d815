import Configuration
import EngineWorker
import Foundation

let code = await EngineProgram.run(
    Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
exit(code.rawValue)
