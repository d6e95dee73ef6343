//! Answers for quinn what `meshbench quic` answers for us: the same figures, the same certificates, one thread a side.
//!
//! usage: quinn-peer FIGURE CERTIFICATES MILLISECONDS
//!
//! FIGURE is same1, same16, same64, new1, new16, new64, full1, full8 or bulk. CERTIFICATES is a folder with ca.pem,
//! server.pem, server-key.pem, client.pem and client-key.pem. Prints one JSON object, times in microseconds.

mod endpoints;

use bytes::Bytes;
use quinn::{Connection, Endpoint};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is measured, as the name says.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    SameStream,
    NewStream,
    Handshake,
    Bulk,
}

/// What one side found out.
struct Found {
    waits: Vec<f64>,
    seconds: f64,
    processor: f64,
}

const REQUEST: [u8; 64] = [3; 64];
const CHUNK: [u8; 65_536] = [5; 65_536];
const BULK_CHUNKS: usize = 4_096;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [figure, certificates, milliseconds] = words.as_slice() else {
        return Err("usage: quinn-peer FIGURE CERTIFICATES MILLISECONDS".into());
    };
    let duration = Duration::from_millis(milliseconds.parse()?);
    let name: String = figure.chars().take_while(|c| c.is_alphabetic()).collect();
    let count = figure[name.len()..].parse().unwrap_or(1);
    let work = match name.as_str() {
        "same" => Work::SameStream,
        "new" => Work::NewStream,
        "full" => Work::Handshake,
        "bulk" => Work::Bulk,
        _ => return Err(format!("there is no figure '{figure}'").into()),
    };
    let (address, stop, server) = serve(certificates.clone(), work)?;
    let found = runtime()?.block_on(measure(certificates, address, work, count, duration))?;
    let _ = stop.send(());
    let server_processor = server.join().map_err(|_| "the server has failed")??;
    print(work, found, server_processor);
    Ok(())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn processor_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in what it is lent.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn print(work: Work, found: Found, server_processor: f64) {
    let mut waits = found.waits;
    waits.sort_by(f64::total_cmp);
    let megabytes = (BULK_CHUNKS * CHUNK.len()) as f64 / 1e6;
    let count = if work == Work::Bulk { megabytes } else { waits.len() as f64 };
    let quantile = |share: f64| waits.get((waits.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!(
        "{{\"perSecond\":{:.1},\"p50\":{:.2},\"p99\":{:.2},\"client\":{:.3},\"server\":{:.3}}}",
        count / found.seconds,
        quantile(0.5),
        quantile(0.99),
        found.processor * 1e6 / count,
        server_processor * 1e6 / count
    );
}

// The server's thread.

type Server = (SocketAddr, oneshot::Sender<()>, std::thread::JoinHandle<Result<f64, Failure>>);

fn serve(certificates: String, work: Work) -> Result<Server, Failure> {
    let (announce, announced) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        runtime()?.block_on(async move {
            let endpoint = endpoints::server(&certificates)?;
            announce.send(endpoint.local_addr()?)?;
            let before = processor_seconds();
            tokio::select! {
                () = accept(&endpoint, work) => (),
                _ = stopped => (),
            }
            Ok(processor_seconds() - before)
        })
    });
    let address = announced.recv().map_err(|_| "the server did not begin")?;
    Ok((address, stop, thread))
}

async fn accept(endpoint: &Endpoint, work: Work) {
    while let Some(connecting) = endpoint.accept().await {
        tokio::spawn(async move {
            let Ok(connection) = connecting.await else { return };
            if work == Work::Handshake {
                connection.close(0u32.into(), b"");
            } else {
                answer(connection, work).await;
            }
        });
    }
}

/// Sends every stream back, or swallows it and answers its end.
async fn answer(connection: Connection, work: Work) {
    while let Ok((mut sender, mut receiver)) = connection.accept_bi().await {
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = receiver.read_chunk(usize::MAX, true).await {
                if work != Work::Bulk && sender.write_chunk(chunk.bytes).await.is_err() {
                    return;
                }
            }
            if work == Work::Bulk {
                let _ = sender.write_all(&[1]).await;
            }
            let _ = sender.finish().await;
        });
    }
}

// The client's thread.

async fn measure(
    certificates: &str,
    server: SocketAddr,
    work: Work,
    count: usize,
    duration: Duration,
) -> Result<Found, Failure> {
    let endpoint = endpoints::client(certificates)?;
    let connection = match work {
        Work::Handshake => None,
        _ => Some(endpoint.connect(server, "localhost")?.await?),
    };
    // As with ours: a tenth of the time for windows and keys to settle.
    if let (Some(connection), true) = (&connection, matches!(work, Work::SameStream | Work::NewStream)) {
        requests(connection, work, count, duration / 10).await;
    }
    let (processor, start) = (processor_seconds(), Instant::now());
    let waits = match (work, connection) {
        (Work::Bulk, Some(connection)) => {
            send_bulk(&connection).await?;
            Vec::new()
        }
        (Work::Handshake, _) | (_, None) => handshakes(&endpoint, server, count, duration).await,
        (_, Some(connection)) => requests(&connection, work, count, duration).await,
    };
    Ok(Found { waits, seconds: start.elapsed().as_secs_f64(), processor: processor_seconds() - processor })
}

async fn send_bulk(connection: &Connection) -> Result<(), Failure> {
    let (mut sender, mut receiver) = connection.open_bi().await?;
    for _ in 0..BULK_CHUNKS {
        sender.write_chunk(Bytes::from_static(&CHUNK)).await?;
    }
    let (_, answered) = tokio::join!(sender.finish(), receiver.read_chunk(1, true));
    answered?.ok_or("no answer to the end of the stream")?;
    Ok(())
}

async fn requests(connection: &Connection, work: Work, count: usize, duration: Duration) -> Vec<f64> {
    let end = Instant::now() + duration;
    let waits = Rc::new(RefCell::new(Vec::new()));
    let tasks = tokio::task::LocalSet::new();
    for _ in 0..count {
        let (connection, waits) = (connection.clone(), waits.clone());
        tasks.spawn_local(async move {
            let outcome = match work {
                Work::SameStream => ask_on_one_stream(&connection, end, &waits).await,
                _ => ask_on_new_streams(&connection, end, &waits).await,
            };
            outcome.expect("a request was not answered");
        });
    }
    tasks.await;
    waits.take()
}

async fn ask_on_one_stream(connection: &Connection, end: Instant, waits: &RefCell<Vec<f64>>) -> Result<(), Failure> {
    let (mut sender, mut receiver) = connection.open_bi().await?;
    while Instant::now() < end {
        let start = Instant::now();
        sender.write_all(&REQUEST).await?;
        let mut missing = REQUEST.len();
        while missing > 0 {
            let chunk = receiver.read_chunk(missing, true).await?.ok_or("the stream ended")?;
            missing -= chunk.bytes.len();
        }
        waits.borrow_mut().push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(())
}

async fn ask_on_new_streams(connection: &Connection, end: Instant, waits: &RefCell<Vec<f64>>) -> Result<(), Failure> {
    while Instant::now() < end {
        let start = Instant::now();
        let (mut sender, mut receiver) = connection.open_bi().await?;
        sender.write_all(&REQUEST).await?;
        // Dropping it says the stream's end without waiting until that is acknowledged.
        drop(sender);
        while receiver.read_chunk(usize::MAX, true).await?.is_some() {}
        waits.borrow_mut().push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(())
}

/// A handshake ends when the server, which has verified the client by then, closes.
async fn handshakes(endpoint: &Endpoint, server: SocketAddr, count: usize, duration: Duration) -> Vec<f64> {
    let end = Instant::now() + duration;
    let waits = Rc::new(RefCell::new(Vec::new()));
    let tasks = tokio::task::LocalSet::new();
    for _ in 0..count {
        let (endpoint, waits) = (endpoint.clone(), waits.clone());
        tasks.spawn_local(async move {
            while Instant::now() < end {
                let start = Instant::now();
                let connecting = endpoint.connect(server, "localhost").expect("a connection cannot be begun");
                let connection = connecting.await.expect("a handshake has failed");
                connection.closed().await;
                waits.borrow_mut().push(start.elapsed().as_secs_f64() * 1e6);
            }
        });
    }
    tasks.await;
    waits.take()
}
