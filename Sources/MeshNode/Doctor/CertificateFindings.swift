internal import Glibc
internal import MeshAPI
internal import MeshCertificates
package import MeshCore
internal import MeshIdentity

/// What was found of the certificates and keys of a node.
package struct CertificateFindings: Sendable {
    /// The time by which they are judged.
    package let now: WallTime
    /// What lies there, in the order in which people are told.
    package var items: [Item]

    /// One certificate, or what is there in its place.
    package struct Item: Sendable {
        /// What the check is called: `certificate`, `certificate.authority`, `certificate.http`.
        package let name: String
        /// What it is: `the edge's certificate`.
        package let what: String
        /// How it is.
        package let condition: Condition

        /// What was found.
        package init(_ name: String, _ what: String, _ condition: Condition) {
            self.name = name
            self.what = what
            self.condition = condition
        }
    }

    /// How a certificate is.
    package enum Condition: Sendable {
        /// It is whole and fits its key, and counts then; what helps where that ends soon.
        case whole(ValidityPeriod, renewal: String)
        /// There is none, and there should be.
        case missing(advice: String)
        /// It is to be made.
        case notYet(String)
        /// It cannot be used.
        case unusable(CertificateError)
    }

    /// These findings.
    package init(now: WallTime, items: [Item]) {
        self.now = now
        self.items = items
    }

    /// What is to be thought of them.
    package var checks: [DoctorCheck] { items.map(check) }

    private func check(_ item: Item) -> DoctorCheck {
        switch item.condition {
        case .notYet(let words): return DoctorCheck(item.name, .ok, words)
        case .missing(let advice):
            return DoctorCheck(item.name, .failure, "\(item.what) is missing", advice: advice)
        case .unusable(let error):
            let isClock = error.code == .notYetValid
            return DoctorCheck(
                item.name,
                .failure,
                "\(item.what): \(error.message)",
                advice: isClock ? "Set this machine's clock, or wait" : nil
            )
        case .whole(let validity, let renewal): return check(item, validity, renewal)
        }
    }

    private func check(_ item: Item, _ validity: ValidityPeriod, _ renewal: String) -> DoctorCheck {
        let left = validity.notAfter.millisecondsSince1970 - now.millisecondsSince1970
        guard now.millisecondsSince1970 >= validity.notBefore.millisecondsSince1970 else {
            let words = "\(item.what) counts from \(validity.notBefore), and it is \(now)"
            return DoctorCheck(item.name, .failure, words, advice: "Set this machine's clock, or wait")
        }
        guard left >= 0 else {
            return DoctorCheck(item.name, .failure, "\(item.what) ended at \(validity.notAfter)", advice: renewal)
        }
        let words = "\(item.what) counts for another \(Self.time(left)), until \(validity.notAfter)"
        let life = validity.notAfter.millisecondsSince1970 - validity.notBefore.millisecondsSince1970
        // What renews itself does at half of its life; a sixth is left only where that was in vain for long.
        guard left >= life / 6 else { return DoctorCheck(item.name, .warning, words, advice: renewal) }
        return DoctorCheck(item.name, .ok, words)
    }

    private static func time(_ milliseconds: Int64) -> String {
        let days = milliseconds / 86_400_000
        guard days >= 2 else { return Duration.milliseconds(milliseconds).shortText }
        return "\(days) days"
    }
}

// MARK: - Reading

extension CertificateFindings {
    /// Those of an edge's folder.
    static func read(edge path: String, hub: String, now: WallTime) -> (CertificateFindings, NodeCredentials?) {
        let folder = CredentialFolder(path: path)
        let enrol = "Get one (meshnode enrol TOKEN --hub \(hub) --folder '\(path)')"
        let (name, what) = ("certificate", "the edge's certificate")
        guard folder.isInUse else {
            return (CertificateFindings(now: now, items: [Item(name, what, .missing(advice: enrol))]), nil)
        }
        do throws(CertificateError) {
            let credentials = try CredentialFiles(folder: path).loadExpired(now: now)
            let grace = CertificateRenewal.standardGrace
            let isHome = now <= credentials.validity.notAfter.moved(by: grace)
            let renewal =
                isHome
                ? "Start the edge with its hub in reach: it renews it by itself (meshnode --role edge)"
                : "Ask for a token, and enrol again (meshnode enrol TOKEN --hub \(hub) --folder '\(path)')"
            var items = [Item(name, what, .whole(credentials.validity, renewal: renewal))]
            for der in credentials.trust.certificates {
                items.append(try authority(try Certificate(der: der), "Ask the hub's operator for the next one"))
            }
            let usable = credentials.validity.contains(now) ? credentials : nil
            return (CertificateFindings(now: now, items: items), usable)
        } catch {
            return (CertificateFindings(now: now, items: [Item(name, what, .unusable(error))]), nil)
        }
    }

    /// Those of a hub's folder; whether somebody else signs, `isExternal` says.
    static func read(hub path: String, isExternal: Bool, now: WallTime) -> CertificateFindings {
        let folder = HubFolder(path: path)
        let (name, what) = ("certificate.authority", "the authority's certificate")
        guard folder.authority.isInUse else {
            let traces = [folder.keyPath, folder.store.path]
            let isNew = !traces.contains { access($0, F_OK) == 0 }
            let words = "the hub makes an authority when it starts"
            let advice =
                "Put the copy of '\(folder.authority.path)' back, or begin a new mesh in an empty folder: a new one "
                + "would shut out every edge"
            return CertificateFindings(
                now: now,
                items: [Item(name, what, isNew ? .notYet(words) : .missing(advice: advice))]
            )
        }
        do throws(CertificateError) {
            let rotate = "Replace it while nodes go on (meshnode ca rotate begin --folder '\(folder.authority.path)')"
            var items: [Item] = []
            for certificate in try folder.authority.certificates() { items.append(try authority(certificate, rotate)) }
            // That the key is there, fits and is its owner's alone.
            if !isExternal { _ = try folder.authority.open() }
            if access(folder.authority.tokenKeyPath, F_OK) == 0 { _ = try folder.authority.tokenKey() }
            if access(folder.keyPath, F_OK) == 0 { _ = try KeyFile.read(folder.keyPath) }
            return CertificateFindings(now: now, items: items)
        } catch {
            return CertificateFindings(now: now, items: [Item(name, what, .unusable(error))])
        }
    }

    /// That of the listener for operators.
    static func read(http files: HTTPSettings.Files, now: WallTime) -> CertificateFindings {
        let (name, what) = ("certificate.http", "the certificate for HTTPS")
        do throws(CertificateError) {
            let certificate = try Certificate.all(in: files.certificate)[0]
            _ = try KeyFile.read(files.key)
            let renewal = "Replace '\(files.certificate)' and '\(files.key)', and send SIGHUP"
            return CertificateFindings(
                now: now,
                items: [Item(name, what, .whole(certificate.validity, renewal: renewal))]
            )
        } catch {
            return CertificateFindings(now: now, items: [Item(name, what, .unusable(error))])
        }
    }

    private static func authority(_ certificate: Certificate, _ renewal: String) throws(CertificateError) -> Item {
        Item("certificate.authority", "the authority's certificate", .whole(certificate.validity, renewal: renewal))
    }
}
