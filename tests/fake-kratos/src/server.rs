//! The two listeners: one thread with a runtime of its own, on which every call takes the same way
//! (find, count, fault, answer).

use std::{
    io,
    net::TcpListener,
    sync::{Arc, mpsc},
    thread::{Builder, JoinHandle},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::{Server, ServerHandle},
    web,
};

use crate::{
    admin, control,
    fault::play,
    public,
    reply::Reply,
    route::{self, Call, Side},
    shared::Shared,
    wire::{self, Delivery},
};

/// What Kratos takes, and as much for a seed.
const BODY_LIMIT: usize = 5 << 20;
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// The thread and what stops it.
pub(crate) struct Running {
    pub(crate) thread: JoinHandle<()>,
    pub(crate) servers: Vec<ServerHandle>,
}

/// Starts both listeners; returns once they answer.
pub(crate) fn launch(shared: &Arc<Shared>, admin: TcpListener, public: TcpListener) -> io::Result<Running> {
    let (tell, told) = mpsc::channel();
    let shared = Arc::clone(shared);
    let body = move || {
        actix_web::rt::System::new().block_on(async move {
            let servers = listen(&shared, Side::Admin, admin)
                .and_then(|admin| Ok((admin, listen(&shared, Side::Public, public)?)));
            match servers {
                Ok((admin, public)) => {
                    // Nobody listens any more only if the caller is gone, and then nothing is left to tell.
                    let _ = tell.send(Ok(vec![admin.handle(), public.handle()]));
                    let _ = tokio::join!(admin, public);
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
    };
    let thread = Builder::new().name("fake-kratos".to_owned()).spawn(body)?;
    let servers = told.recv().map_err(|_| io::Error::other("the listeners ended before they began"))??;
    Ok(Running { thread, servers })
}

fn listen(shared: &Arc<Shared>, side: Side, listener: TcpListener) -> io::Result<Server> {
    let shared = web::Data::from(Arc::clone(shared));
    let app = move || {
        let service = move |request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>| async move {
            serve(side, &request, &body, &shared).await
        };
        App::new()
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .app_data(shared.clone())
            .default_service(web::to(service))
    };
    let server = HttpServer::new(app).workers(1).disable_signals().keep_alive(KEEP_ALIVE);
    Ok(server.shutdown_timeout(0).listen(listener)?.run())
}

async fn serve(side: Side, request: &HttpRequest, body: &[u8], shared: &Shared) -> HttpResponse {
    let method = request.method().as_str();
    let call = route::find(side, method, request.uri().path());
    if let Call::Control(path) = &call {
        let reply = control::answer(method, path, body, shared);
        return wire::respond(reply, Delivery::Whole, method);
    }
    shared.counts().note(call.kind(), call.identity());
    let _on_its_way = call.kind().concerns_identities().then(|| shared.under_way.begin());
    let action = shared.faults().take(call.kind(), call.identity());
    let honest = answer(side, &call, request, body, shared);
    let (reply, delivery) = match action {
        Some(action) => play::play(action, honest, shared).await,
        None => (honest, Delivery::Whole),
    };
    wire::respond(reply, delivery, method)
}

fn answer(side: Side, call: &Call, request: &HttpRequest, body: &[u8], shared: &Shared) -> Reply {
    match call {
        Call::Unrouted | Call::Control(_) => Reply::unrouted(),
        Call::WrongMethod(allow) => Reply::wrong_method(allow),
        Call::Elsewhere => {
            let base = if side == Side::Admin { &shared.public_url } else { &shared.admin_url };
            let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
            Reply::redirect(&format!("{base}{target}"))
        }
        Call::Health | Call::Version | Call::Schemas | Call::Schema(_) => {
            public::answer(call, request.query_string(), shared)
        }
        _ => admin::answer(call, request.query_string(), body, shared),
    }
}
