import Configuration
import Foundation
import Platform

let code = await NexusProgram.run(
    Array(CommandLine.arguments.dropFirst()), calledBy: CommandLine.arguments.first ?? "nexus",
    environment: ProcessInfo.processInfo.environment)
exit(code.rawValue)
