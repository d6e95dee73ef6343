//! Endpoints with the same certificates, cipher, windows and sizes as ours.

use crate::Failure;
use quinn::{ClientConfig, Endpoint, EndpointConfig, ServerConfig, TokioRuntime, TransportConfig, VarInt};
use rustls::{Certificate, PrivateKey, RootCertStore};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

static SUITES: [rustls::SupportedCipherSuite; 1] = [rustls::cipher_suite::TLS13_AES_128_GCM_SHA256];
static VERSIONS: [&rustls::SupportedProtocolVersion; 1] = [&rustls::version::TLS13];
const PROTOCOL: &[u8] = b"mesh/1";

pub fn server(folder: &str) -> Result<Endpoint, Failure> {
    let (chain, key) = identity(folder, "server")?;
    let verifier = rustls::server::AllowAnyAuthenticatedClient::new(roots(folder)?);
    let mut tls = rustls::ServerConfig::builder()
        .with_cipher_suites(&SUITES)
        .with_safe_default_kx_groups()
        .with_protocol_versions(&VERSIONS)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![PROTOCOL.to_vec()];
    // Full handshakes are compared with full ones.
    tls.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    let mut configuration = ServerConfig::with_crypto(Arc::new(tls));
    configuration.transport_config(transport()?);
    Ok(Endpoint::new(EndpointConfig::default(), Some(configuration), socket()?, TokioRuntime)?)
}

pub fn client(folder: &str) -> Result<Endpoint, Failure> {
    let (chain, key) = identity(folder, "client")?;
    let mut tls = rustls::ClientConfig::builder()
        .with_cipher_suites(&SUITES)
        .with_safe_default_kx_groups()
        .with_protocol_versions(&VERSIONS)?
        .with_root_certificates(roots(folder)?)
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![PROTOCOL.to_vec()];
    tls.session_storage = Arc::new(rustls::client::NoClientSessionStorage {});
    let mut configuration = ClientConfig::new(Arc::new(tls));
    configuration.transport_config(transport()?);
    let mut endpoint = Endpoint::new(EndpointConfig::default(), None, socket()?, TokioRuntime)?;
    endpoint.set_default_client_config(configuration);
    Ok(endpoint)
}

fn transport() -> Result<Arc<TransportConfig>, Failure> {
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(Duration::from_secs(120).try_into()?))
        .stream_receive_window(VarInt::from_u32(8 << 20))
        .receive_window(VarInt::from_u32(16 << 20))
        .send_window(16 << 20)
        .max_concurrent_bidi_streams(VarInt::from_u32(1_024))
        .initial_max_udp_payload_size(1_444)
        .congestion_controller_factory(Arc::new(quinn::congestion::CubicConfig::default()));
    Ok(Arc::new(transport))
}

fn socket() -> Result<UdpSocket, Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let bytes: libc::c_int = 4 << 20;
    for option in [libc::SO_RCVBUF, libc::SO_SNDBUF] {
        // SAFETY: the kernel reads one int from the address that it is given.
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const bytes).cast(), 4) };
    }
    Ok(socket)
}

fn reader(folder: &str, name: &str) -> Result<std::io::BufReader<std::fs::File>, Failure> {
    Ok(std::io::BufReader::new(std::fs::File::open(format!("{folder}/{name}.pem"))?))
}

fn identity(folder: &str, name: &str) -> Result<(Vec<Certificate>, PrivateKey), Failure> {
    let chain = rustls_pemfile::certs(&mut reader(folder, name)?)?;
    let keys = rustls_pemfile::pkcs8_private_keys(&mut reader(folder, &format!("{name}-key"))?)?;
    let key = keys.into_iter().next().ok_or("a key file holds no key")?;
    Ok((chain.into_iter().map(Certificate).collect(), PrivateKey(key)))
}

fn roots(folder: &str) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_pemfile::certs(&mut reader(folder, "ca")?)? {
        roots.add(&Certificate(certificate))?;
    }
    Ok(roots)
}
