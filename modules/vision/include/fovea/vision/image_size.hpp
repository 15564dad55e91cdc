// How large a picture is, without decoding it.
#pragma once

#include <filesystem>
#include <opencv2/core/types.hpp>

namespace fovea {

/// Width and height as load_image would give them: upright. Throws FileError when the file is missing, of no known format, or refused.
cv::Size image_size(const std::filesystem::path& path);

}  // namespace fovea
