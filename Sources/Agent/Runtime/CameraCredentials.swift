import Datasets
import Logging
import Settings

/// Says at the start which camera's password cannot be read: the unit may lack a `LoadCredential=`, which
/// `simpul-agent check`, run by hand, cannot see.
struct CameraCredentials: Sendable {
  let cameras: [AgentSettings.Camera]
  let environment: [String: String]

  /// What is wrong, by camera; never the secret itself.
  var problems: [(camera: String, reason: String)] {
    cameras.compactMap { camera in
      guard let reference = camera.credentials else { return nil }
      do {
        let secret = try SecretFile.read(reference, environment: environment)
        guard let text = secret.text, text.contains(":"), !text.hasPrefix(":") else {
          throw SettingsProblem(
            .invalid, file: reference,
            reason: .init(id: "tidak berisi pengguna:kata-sandi", en: "does not hold user:password"),
            remedy: .init(id: "tulis itu ke dalamnya, dalam satu baris", en: "write that into it, on one line"))
        }
        return nil
      } catch {
        return (camera.id, "\(error)")
      }
    }
  }

  func report(to logger: Logger) {
    for problem in problems {
      logger.error(
        "a camera's credentials cannot be used: \(problem.reason)", metadata: ["camera": "\(problem.camera)"])
    }
    let count = cameras.count { $0.credentials != nil } - problems.count
    if count > 0 { logger.info("credentials of \(count) cameras were read") }
  }
}
