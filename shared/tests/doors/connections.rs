use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use constellation_shared::http::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

use crate::support::{raw, start};

const GET: &[u8] = b"GET /who HTTP/1.1\r\nhost: a\r\n\r\n";

/// Reads until the answer has been seen whole; all answers here end with this.
async fn answer(stream: &mut TcpStream, end: &str) {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0, "closed too early");
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    // Only that it ends is asked, not when: without a limit this never returns.
    let address = start().await;
    let slow = b"POST /graphql HTTP/1.1\r\nhost: a\r\nx-slow: ";
    tokio::join!(raw(address, slow), raw(address, b""));
}

#[tokio::test]
async fn a_head_with_too_much_in_it_is_refused() {
    let many = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{}\r\n",
        "x: y\r\n".repeat(100)
    );
    let answer = raw(start().await, many.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn stopping_answers_what_is_in_flight_and_waits_for_no_idle_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (handler_begun, handler_finish) = (Arc::clone(&begun), Arc::clone(&finish));
    let routes = Router::new()
        .route(
            "/who",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()),
        )
        .route(
            "/slow",
            get(move || async move {
                handler_begun.notify_one();
                handler_finish.notified().await;
                "done"
            }),
        );
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, routes, async {
        let _ = stopped.await;
    }));

    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(GET).await.unwrap();
    let peer = idle.local_addr().unwrap().to_string();
    answer(&mut idle, &peer).await;
    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    begun.notified().await;

    stop.send(()).unwrap();
    // The idle connection is closed while the other is still being served.
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    assert!(TcpStream::connect(address).await.is_err(), "no new connections");
    assert!(!server.is_finished());
    finish.notify_one();
    answer(&mut busy, "done").await;
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_too_many_waits_for_a_place() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let log = Arc::clone(&seen);
    let who = get(async move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
        log.lock().unwrap().insert(peer);
        "here"
    });
    let routes = Router::new().route("/who", who);
    tokio::spawn(serve(listener, routes, std::future::pending()));

    let mut open = Vec::new();
    for _ in 0..400 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(GET).await.unwrap();
        answer(&mut stream, "here").await;
        open.push(stream);
    }
    let mut waiting = TcpStream::connect(address).await.unwrap();
    waiting.write_all(GET).await.unwrap();
    let mut last = open.pop().unwrap();
    for _ in 0..10 {
        last.write_all(GET).await.unwrap();
        answer(&mut last, "here").await;
    }
    assert!(!seen.lock().unwrap().contains(&waiting.local_addr().unwrap()));
    drop(last);
    answer(&mut waiting, "here").await;
}
