cd host
says 1 "the server does not answer" doctor --server 127.0.0.1:1 --database app
says 2 "https?://" doctor --server db.example.com:3000 --database app
says 2 "known names: .*mine" doctor --server nowhere --database app
