import Configuration
import EngineWorker
import Foundation

let environment = ProcessInfo.processInfo.environment
ComputeThreadWaiting.settle(CommandLine.arguments, environment: environment)
let code = await EngineProgram.run(Array(CommandLine.arguments.dropFirst()), environment: environment)
exit(code.rawValue)
