import Diagnostics
import Foundation

@main
enum Program {
  static func main() async {
    // A reader that goes away (`| head`) is an error of write(2), not the program's end.
    signal(SIGPIPE, SIG_IGN)
    exit(await ControlProgram.run(Array(CommandLine.arguments.dropFirst()), console: .process))
  }
}
