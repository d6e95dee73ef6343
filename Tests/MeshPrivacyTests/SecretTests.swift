import MeshPrivacy
import Testing

/// Keys of vendors, passwords, and what only looks like one.
@Suite struct `Finding secrets` {
    @Test(arguments: [
        "sk-abcdefghij0123456789ABCD", "sk-proj-aB3dE6gH9jK2mN5pQ8sT", "sk-ant-api03-aB3dE6gH9jK2mN5pQ8sT-x_y",
        "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "ghp_aB3dE6gH9jK2mN5pQ8sTaB3dE6gH9jK2mN5p",
        "github_pat_11ABCDEFG0aB3dE6gH9jK2_mN5pQ8sT", "glpat-aB3dE6gH9jK2mN5pQ8sT", "xoxb-123456789012-aB3dE6gH9jK2",
        "sk_live_aB3dE6gH9jK2mN5pQ8sT", "whsec_aB3dE6gH9jK2mN5pQ8sT", "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "npm_aB3dE6gH9jK2mN5pQ8sTaB3dE6gH9jK2mN5p", "pypi-AgEIcHlwaS5vcmcCJGFiM2RlNmdIOWpLMm1ONXA",
        "hf_aB3dE6gH9jK2mN5pQ8sT", "mesh1-aB3dE6gH9jK2mN5pQ8sT", "gsk_aB3dE6gH9jK2mN5pQ8sT",
        "mesh_5pz04c8t_0123456789abcdefghjkmnpqrstvwxyz012345671xm40qd",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ])
    func `keys of vendors`(key: String) throws {
        #expect(try PrivacyGround.found("Use \(key) here.") == [.init(.secret, key)])
        let inside = try PrivacyGround.found("x\(key)")
        #expect(inside.isEmpty || key.hasPrefix("eyJ"), "not inside a word")
    }

    @Test(arguments: [
        ("password: hunter2!", "hunter2!"), ("Das Passwort lautet Sommer2024", "Sommer2024"), ("pwd=abc123", "abc123"),
        ("\"api_key\": \"0a1b2c3d4e\"", "0a1b2c3d4e"), ("mot de passe : Tr0ub4dor&3", "Tr0ub4dor&3"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
        ("Authorization: Bearer 0123456789abcdef0123", "0123456789abcdef0123"), ("contraseña: c0ntr4", "c0ntr4"),
    ])
    func `what a cue announces`(text: String, secret: String) throws {
        #expect(try PrivacyGround.found(.secret, in: text).joined().contains(secret))
    }

    @Test(arguments: [
        ("password: letmein", "letmein"), ("{\"password\":\"correcthorse\"}", "correcthorse"),
        ("\"password\": \"ab,cd9!x\"", "ab,cd9!x"), ("password: '$ecret9'", "$ecret9"),
        ("password = \"{abc}1\"", "{abc}1"), ("password=\"%ab%1x\"", "%ab%1x"), ("password='(abc1)'", "(abc1)"),
        ("password: \"[a]b;c d1\"", "[a]b;c d1"), ("password=\"purple monkey dishwasher\"", "purple monkey dishwasher"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("AccountKey=abcd/efGH12==;EndpointSuffix=x", "abcd/efGH12=="),
        ("SharedAccessKey=abc+def/12=", "abc+def/12="), ("PGPASSWORD=hunter psql", "hunter"),
        ("\\\"password\\\":\\\"se,cret9\\\"", "se,cret9"), ("mot de passe : tournesol", "tournesol"),
        ("Kennwort: SCHWERTFISCH", "SCHWERTFISCH"), ("client_secret=sunflower", "sunflower"),
    ])
    func `passwords of letters alone, and what quotation marks hold`(text: String, secret: String) throws {
        #expect(try PrivacyGround.found(.secret, in: text) == [secret])
    }

    @Test(arguments: [
        "pwd: \"${DB_PASSWORD}\"", "password: {{ vault_password }}", "password: '{{vault}}'", "password=$DBPASS",
        "password: %PASS%", "password=\"$(cat file)\"", "password=\"{password}\"", "password=\"%(password)s\"",
        "token: AuthToken", "let password: String", "password = input", "{\"token\":\"world\"}", "pwd = getPassword()",
        "Password: please enter it", "The secret: always salt the water",
        "\"password\": \"Must be at least 8 characters\"",
        "\"password\": \"Enter your password\"", "\"password\": \"\", \"user\": \"anna\"",
        "password=os.environ.get(\"X\")",
        "{\"password\": {\"type\": \"string\"}}", "password=None, token=token, secret=secretName", "basic training",
        "\"password\": \"Password\"", "password: required!",
    ])
    func `what programs, forms and manuals have there`(text: String) throws {
        #expect(try PrivacyGround.found(text).isEmpty)
    }

    @Test(arguments: [
        "sk-learn is a library of many well known things", "sk-this-is-only-a-long-css-class-name", "eyJ", "AKIA",
    ])
    func `what only begins like one`(text: String) throws {
        #expect(try PrivacyGround.found(text).isEmpty)
    }

    @Test func `a private key is found to its last line, and to the end where that was cut off`() throws {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----"
        #expect(try PrivacyGround.found("Key:\n\(key)\nthanks") == [.init(.secret, key)])
        let cut = String(key.dropLast(30))
        #expect(try PrivacyGround.found("Key:\n\(cut)") == [.init(.secret, cut)])
        #expect(try PrivacyGround.found("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----").isEmpty)
    }
}
