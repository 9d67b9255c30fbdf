package dev

import _ "github.com/temporalio/ui-server/v2/server"
