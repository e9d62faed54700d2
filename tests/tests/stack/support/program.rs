use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Runs the program that follows, and kills it when our end of standard input closes: when this handle is dropped, and
/// also when the tests are killed.
const GUARD: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null & child=$!
echo "pid $child" >&2
{ cat <&3 >/dev/null; kill -KILL $child 2>/dev/null; } >/dev/null 2>&1 & guard=$!
exec 3<&-
wait $child; status=$?
kill $guard 2>/dev/null
exit $status
"#;

/// How long a program may take to say what is waited for. Only a program that hangs ever takes that long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running program of ours.
pub(crate) struct Program {
    guard: Child,
    // Closing it kills the program.
    lifeline: Option<ChildStdin>,
    pub(crate) pid: u32,
    lines: Mutex<Receiver<String>>,
    said: Arc<Mutex<String>>,
}

impl Program {
    /// Starts a program with these variables and no others of ours.
    pub(crate) fn start(path: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut guard = Command::new("/bin/sh")
            .args(["-c", GUARD, "guard", path])
            .args(arguments)
            .env_remove("MONGODB_URI")
            .env_remove("CARGO_MANIFEST_DIR")
            .env("LOG_FORMAT", "json")
            .envs(variables.iter().copied())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let said = Arc::new(Mutex::new(String::new()));
        for output in [
            Box::new(guard.stdout.take().unwrap()) as Box<dyn Read + Send>,
            Box::new(guard.stderr.take().unwrap()),
        ] {
            let (sender, said) = (sender.clone(), Arc::clone(&said));
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.lock().unwrap().extend([line.as_str(), "\n"]);
                    // Nobody waits for a line any more when the handle is gone.
                    let _ = sender.send(line);
                }
            });
        }
        let lifeline = guard.stdin.take();
        let mut program = Self {
            guard,
            lifeline,
            pid: 0,
            lines: Mutex::new(lines),
            said,
        };
        program.pid = program
            .wait_for("pid ")
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        program
    }

    /// Waits for a line that contains this text.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        loop {
            match self.lines.lock().unwrap().recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(silence) => panic!("{silence} for {text:?}. The program said:\n{}", self.said()),
            }
        }
    }

    /// All that the program has said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Sends the program a signal: `TERM`, `INT`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("/bin/kill")
            .args([format!("-{name}"), self.pid.to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits until the program has ended, and gives its status and all that it said.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.guard.wait().unwrap();
        // The readers end when the program's outputs close.
        while self.lines.lock().unwrap().recv_timeout(PATIENCE).is_ok() {}
        (status, self.said())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // It is being killed; the status is nobody's concern.
        let _ = self.guard.wait();
    }
}
