"""Where mail is read from: files, directories, mailboxes."""
