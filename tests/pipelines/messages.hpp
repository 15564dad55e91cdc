// What an error says.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace fovea::test {

/// The message of the `Expected` that `action` throws; a failed test when it throws nothing or something else.
template <class Expected, class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Expected& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another kind of exception: " << error.what();
    return "";
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace fovea::test
