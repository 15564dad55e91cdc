#include "stop_signals.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace fovea::cli {

namespace {

volatile std::sig_atomic_t g_signal = 0;
const StopToken* g_stop = nullptr;

void write_line(std::string_view line) {
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nobody reads it: nothing to be done here
}

// Only what a signal handler may call.
extern "C" void on_stop_signal(int number) {
  if (g_signal != 0) ::_exit(128 + number);
  g_signal = number;
  g_stop->request();
  write_line("\nfovea: stopping after this batch; once more to stop at once\n");
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals(const StopToken& stop) {
  g_signal = 0;
  g_stop = new StopToken(stop);  // never destroyed: a handler may be running while this object goes
  handle(SIGINT, on_stop_signal);
  handle(SIGTERM, on_stop_signal);
}

StopSignals::~StopSignals() {
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
}

int StopSignals::exit_code() const { return g_signal == 0 ? 0 : 128 + static_cast<int>(g_signal); }

}  // namespace fovea::cli
