#include "detection_journal.hpp"

#include <algorithm>

#include "fovea/base/file.hpp"

namespace fovea {

namespace fs = std::filesystem;

DetectionJournal::DetectionJournal(const fs::path& path, const std::string& task) {
  const std::string text = fs::exists(path) ? read_text_file(path) : "";
  const std::size_t whole = text.rfind('\n') + 1;  // npos + 1 is 0
  file_.emplace(path);
  if (text.starts_with(task) && whole >= task.size()) {
    file_->truncate(whole);
    done_ = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(whole), '\n') - 1;
    return;
  }
  file_->truncate(0);
  file_->append(task);
}

}  // namespace fovea
