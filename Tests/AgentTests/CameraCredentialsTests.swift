import Foundation
import Settings
import Testing

@testable import Agent

@Suite struct CameraCredentialsTests {
  private func problems(_ content: String?, mode: Int = 0o400) throws -> [String] {
    let directory = FileManager.default.temporaryDirectory.appending(path: "credentials-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    if let content {
      let file = directory.appending(path: "cam-1")
      try Data(content.utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }
    var camera = AgentSettings.Camera(id: "gate", url: "rtsp://192.0.2.10/1")
    camera.credentials = "cam-1"
    let open = AgentSettings.Camera(id: "yard", url: "rtsp://192.0.2.11/1")
    let found = CameraCredentials(
      cameras: [camera, open], environment: ["CREDENTIALS_DIRECTORY": directory.path]
    ).problems
    #expect(found.allSatisfy { $0.camera == "gate" })
    return found.map(\.reason)
  }

  @Test func `what holds user and password is in order, whatever the editor put behind it`() throws {
    #expect(try problems("user:hunter2\n") == [])
  }

  @Test(arguments: ["hunter2", ":hunter2", ""])
  func `anything else is told, without showing it`(content: String) throws {
    let found = try problems(content)
    #expect(found.count == 1)
    #expect(found.allSatisfy { !$0.contains("hunter2") })
  }

  @Test func `a credential that the unit does not load, or that others may read, is told`() throws {
    #expect(try problems(nil).count == 1)
    #expect(try problems("user:hunter2", mode: 0o444).first?.contains("read by others") == true)
    let unset = AgentSettings.Camera(id: "gate", url: "rtsp://192.0.2.10/1")
    var camera = unset
    camera.credentials = "cam-1"
    #expect(
      CameraCredentials(cameras: [camera], environment: [:]).problems.first?.reason.contains("LoadCredential=cam-1")
        == true)
    #expect(CameraCredentials(cameras: [unset], environment: [:]).problems.isEmpty)
  }
}
